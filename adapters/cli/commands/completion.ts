import { bashScript } from '../completion/bash.ts'
import { fishScript } from '../completion/fish.ts'
import { type CommandShape, shapes } from '../completion/shape.ts'
import { zshScript } from '../completion/zsh.ts'
import { helpOf } from '../help/parts.ts'
import { type KnownFlags, parseFlags } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'

const SCRIPTS: Readonly<Record<string, (commands: readonly CommandShape[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

/** The flags that it takes. */
export const flags: KnownFlags = {}

/** The shells. */
export const actions: readonly string[] = Object.keys(SCRIPTS)

/** What `--help` prints. */
export const help: string = helpOf(
  'completion bash|zsh|fish',
  'Prints what a shell needs to complete commands, flags and values.',
  `In ~/.bashrc, or below compinit in ~/.zshrc:
  source <(ocikit completion bash)
For fish once: ocikit completion fish > ~/.config/fish/completions/ocikit.fish`,
  `Examples:
  ocikit completion bash
  ocikit completion zsh
  ocikit completion fish`,
)

/** `ocikit completion`: a script for a shell. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { positionals } = parseFlags(args, {})
  const [shell = '', ...more] = positionals
  if (!Object.hasOwn(SCRIPTS, shell) || more.length > 0)
    throw new UsageError('completion takes a shell', 'bash, zsh or fish')
  io.stdout.write(SCRIPTS[shell]!(await shapes()))
  return 0
}
