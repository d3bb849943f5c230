/**
 * All commands. What helps and what completes is made of this list, too.
 * @module
 */

import type { KnownFlags } from './input/flags.ts'
import type { Io } from './main.ts'

/** A file of `commands`. */
export interface Command {
  /** What `--help` prints: each flag on a line of its own, and examples. */
  readonly help: string
  /** The flags that it takes, as `run` reads them. */
  readonly flags: KnownFlags
  /** Whether each switch has a negative, as in `--no-memory`. */
  readonly negatives?: boolean
  /** The words that may come first, where the command does several things. */
  readonly actions?: readonly string[]
  /** Resolves to the exit code. @throws `UsageError` For a call that makes no sense. */
  run(args: readonly string[], io: Io): Promise<number>
}

/** Each is read when it is called: a short command need not wait for a server. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: () => import('./commands/serve.ts'),
  gc: () => import('./commands/gc.ts'),
  check: () => import('./commands/check.ts'),
  usage: () => import('./commands/usage.ts'),
  token: () => import('./commands/token.ts'),
  webhooks: () => import('./commands/webhooks.ts'),
  config: () => import('./commands/config.ts'),
  copy: () => import('./commands/copy.ts'),
  sync: () => import('./commands/sync.ts'),
  tags: () => import('./commands/tags.ts'),
  repos: () => import('./commands/repos.ts'),
  inspect: () => import('./commands/inspect.ts'),
  manifest: () => import('./commands/manifest.ts'),
  blob: () => import('./commands/blob.ts'),
  tree: () => import('./commands/tree.ts'),
  push: () => import('./commands/push.ts'),
  pull: () => import('./commands/pull.ts'),
  attach: () => import('./commands/attach.ts'),
  tag: () => import('./commands/tag.ts'),
  rm: () => import('./commands/rm.ts'),
  login: () => import('./commands/login.ts'),
  logout: () => import('./commands/logout.ts'),
  completion: () => import('./commands/completion.ts'),
}
