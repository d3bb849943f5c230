import type { CommandShape, FlagShape } from './shape.ts'

/** The script for zsh: sourced, or as the file `_ocikit` in a folder of `$fpath`. */
export function zshScript(commands: readonly CommandShape[]): string {
  return `#compdef ocikit
# Completes ocikit in zsh: put  source <(ocikit completion zsh)  into ~/.zshrc, below compinit.
_ocikit() {
  local -a commands=(
${[...commands, { name: 'help', text: 'what there is' }, { name: 'version', text: 'which one this is' }]
  .map(({ name, text }) => `    ${quoted(`${name}:${text}`)}`)
  .join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}
# A layout or an archive in a path, or what only a registry knows.
_ocikit_places() {
  if compset -P '(oci|tar):'; then
    _files
  else
    compadd -S '' -- oci: tar:
  fi
}
if [ "$funcstack[1]" = _ocikit ]; then _ocikit "$@"; else compdef _ocikit ocikit; fi
`
}

function commandCase({ name, flags, actions, takes }: CommandShape): string {
  const rest = {
    places: ["'*:place:_ocikit_places'"],
    files: ["'*:file:_files'"],
    other: [],
  }[takes]
  const first = actions.length > 0 ? [quoted(`1:what:(${actions.join(' ')})`)] : []
  const specs = [...first, ...flags.map((flag) => quoted(specOf(flag))), ...rest]
  return `    ${name})\n      _arguments \\\n        ${specs.join(' \\\n        ')} ;;`
}

/** As `_arguments` wants it. */
function specOf({ name, text, repeatable, value }: FlagShape): string {
  const about = text.replace(/[[\]\\]/g, '\\$&')
  const flag = `${repeatable ? '*' : ''}${name}${value ? '=' : ''}[${about}]`
  if (!value) return flag
  const action = { file: '_files', folder: '_files -/', words: `(${value.words.join(' ')})`, other: '' }
  return `${flag}:${value.name.replace(/:/g, '\\:') || 'value'}:${action[value.kind]}`
}

function quoted(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`
}
