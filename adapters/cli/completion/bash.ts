import type { CommandShape, FlagShape, Value } from './shape.ts'

/** The script for bash, also that of macOS. */
export function bashScript(commands: readonly CommandShape[]): string {
  return `# Completes ocikit in bash: put  source <(ocikit completion bash)  into ~/.bashrc.
_ocikit() {
  local word=$2 last=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} flags= actions= takes=other
  # Bash takes --log=text for three words.
  if [ "\${COMP_WORDS[COMP_CWORD]}" = = ]; then last=\${COMP_WORDS[COMP_CWORD-1]}
  elif [ "$last" = = ]; then last=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    _ocikit_reply -W '${[...commands.map(({ name }) => name), 'help', 'version'].join(' ')}'
    return
  fi
  case $command in
${commands.map(commandCase).join('\n')}
  esac
  case "$command $last" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case $word in
    -*) _ocikit_reply -W "$flags"; return ;;
  esac
  if [ "$COMP_CWORD" -eq 2 ] && [ -n "$actions" ]; then
    _ocikit_reply -W "$actions"
    return
  fi
  case $takes in
    places) _ocikit_files -f; _ocikit_prefixes ;;
    files) _ocikit_files -f ;;
  esac
}
_ocikit_reply() {
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$@" -- "$word")
}
_ocikit_files() {
  compopt -o filenames 2>/dev/null
  _ocikit_reply "$1"
}
# A layout or an archive: its path comes behind the colon.
_ocikit_prefixes() {
  case " \${COMP_WORDS[COMP_CWORD-1]} \${COMP_WORDS[COMP_CWORD]} " in
    *' : '*) return ;;
  esac
  local before=\${#COMPREPLY[@]}
  _ocikit_reply -W 'oci: tar:'
  [ "\${#COMPREPLY[@]}" -eq "$before" ] || compopt -o nospace 2>/dev/null
}
complete -F _ocikit ocikit
`
}

function commandCase({ name, flags, actions, takes }: CommandShape): string {
  const words = flags.map((flag) => flag.name).join(' ')
  return `    ${name}) flags='${words}' actions='${actions.join(' ')}' takes=${takes} ;;`
}

/** What may come behind each flag that has a value. */
function valueCases({ name, flags }: CommandShape): string[] {
  const groups = new Map<string, string[]>()
  for (const flag of flags.filter(hasValue)) {
    const reply = replyOf(flag.value)
    groups.set(reply, [...(groups.get(reply) ?? []), `'${name} ${flag.name}'`])
  }
  return [...groups].map(([reply, patterns]) => `    ${patterns.join(' | ')}) ${reply} ;;`)
}

function hasValue(flag: FlagShape): flag is FlagShape & { readonly value: Value } {
  return flag.value !== undefined
}

function replyOf({ kind, words }: Value): string {
  if (kind === 'file') return '_ocikit_files -f; return'
  if (kind === 'folder') return '_ocikit_files -d; return'
  return kind === 'words' ? `_ocikit_reply -W '${words.join(' ')}'; return` : 'return'
}
