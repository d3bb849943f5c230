import type { CommandShape, FlagShape } from './shape.ts'

/** The script for fish. */
export function fishScript(commands: readonly CommandShape[]): string {
  const names = [
    ...commands,
    { name: 'help', text: 'what there is' },
    { name: 'version', text: 'which one this is' },
  ]
  const first = names.map(
    ({ name, text }) => `complete -c ocikit -n __fish_use_subcommand -a ${name} -d ${quoted(text)}`,
  )
  return `# Completes ocikit in fish: ocikit completion fish > ~/.config/fish/completions/ocikit.fish
function __ocikit_runs
  set -l words (commandline -opc)
  test "$words[2]" = $argv[1]
end
complete -c ocikit -f
${[...first, ...commands.flatMap(commandLines)].join('\n')}
`
}

function commandLines({ name, flags, actions, takes }: CommandShape): string[] {
  const start = `complete -c ocikit -n '__ocikit_runs ${name}'`
  const done = `complete -c ocikit -n '__ocikit_runs ${name}; and not __fish_seen_subcommand_from ${actions.join(' ')}'`
  return [
    ...(actions.length > 0 ? [`${done} -a '${actions.join(' ')}'`] : []),
    ...flags.map((flag) => `${start} ${flagOptions(flag)}`),
    ...(takes === 'places' ? [`${start} -F -a 'oci: tar:'`] : takes === 'files' ? [`${start} -F`] : []),
  ]
}

function flagOptions({ name, text, value }: FlagShape): string {
  const kinds = { file: '-r -F', folder: "-x -a '(__fish_complete_directories)'", other: '-x' }
  const words = value?.kind === 'words' ? `-x -a '${value.words.join(' ')}'` : ''
  const taken = value && value.kind !== 'words' ? kinds[value.kind] : words
  return [`-l ${name.slice(2)}`, taken, `-d ${quoted(text)}`].filter(Boolean).join(' ')
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
