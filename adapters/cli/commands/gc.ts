import { existsSync } from 'node:fs'
import type { ParseArgsConfig } from 'node:util'
import { collectAlone, retainAlone } from '../../../src/engine/index.ts'
import type { RetentionRule, RetentionVerdict } from '../../../src/index.ts'
import { helpOf } from '../help/parts.ts'
import { type Env, type KnownFlags, onlyFlags, variable } from '../input/flags.ts'
import { durationOf, UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { readRetention, verdictLine } from '../server/retention.ts'
import { isBucket, openStorage } from '../server/storage.ts'

const FLAGS = {
  data: { type: 'string' },
  grace: { type: 'string' },
  retention: { type: 'string' },
  'dry-run': { type: 'boolean' },
} as const satisfies ParseArgsConfig['options']

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'gc [flags]',
  'Frees space in a folder that no server uses, at once and in one run.',
  `Flags:
  --data DIR                the folder; a server that uses it must be stopped
  --grace TIME              keep what was used so recently (24h); 0 if no client is in the middle of a push
  --retention FILE          first remove the tags and manifests that these rules let go
  --dry-run                 only say what would be freed; with rules also what becomes of each tag, and why`,
  `Examples:
  ocikit gc --data ./data --dry-run
  ocikit gc --data ./data --grace 1h`,
)

/** `ocikit gc`: frees space in a folder that no server holds, at once and in one run. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { data, grace, retention, dryRun } = readFlags(args, io.env)
  // The folder's lock keeps writers out until this ends.
  const storage = await openStorage(data, io.env)
  try {
    const report = (verdict: RetentionVerdict): void => {
      if (dryRun || !verdict.stays) io.stdout.write(`${verdictLine(verdict)}\n`)
    }
    const kept = { dryRun, report, ...(grace !== undefined && { grace }) }
    const removed = retention ? await retainAlone(storage, retention, kept) : null
    const { sessions, ...freed } = await collectAlone(storage, {
      dryRun,
      ...(grace !== undefined && { grace }),
    })
    const counts = [
      count(removed?.tags ?? 0, 'tag', 'no rule keeps'),
      count(removed?.manifests ?? 0, 'manifest', 'no rule keeps'),
      count(freed.links, 'blob', 'no manifest refers to'),
      count(freed.contents, 'content', 'nothing links'),
      count(sessions, 'upload session', 'over, or given up'),
      count(freed.tags + freed.referrers, 'tag or referrer', 'named nothing', 'tags and referrers'),
      count(freed.repositories, 'repository', 'was empty', 'repositories'),
    ].filter((text) => text !== null)
    const verb = dryRun ? 'would free' : 'freed'
    io.stdout.write(`${[`${verb} ${freed.bytes} bytes`, ...counts].join('\n  ')}\n`)
    return 0
  } finally {
    await storage.close?.()
  }
}

function count(number: number, one: string, what: string, many = `${one}s`): string | null {
  return number === 0 ? null : `${number} ${number === 1 ? one : many}: ${what}`
}

function readFlags(
  args: readonly string[],
  env: Env,
): { data: string; grace: number | undefined; retention: RetentionRule[] | null; dryRun: boolean } {
  const values = onlyFlags('gc', args, FLAGS)
  const data = values.data ?? variable(env, 'data') ?? './data'
  const grace = values.grace === undefined ? undefined : durationOf('--grace', values.grace)
  if (isBucket(data))
    throw new UsageError(
      'gc needs a folder: a bucket is collected by the servers that use it, while they run',
    )
  if (!existsSync(data)) throw new UsageError(`there is no folder ${JSON.stringify(data)}`)
  const retention = values.retention === undefined ? null : readRetention(values.retention)
  return { data, grace, retention, dryRun: values['dry-run'] ?? false }
}
