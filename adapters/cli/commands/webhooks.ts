import { existsSync } from 'node:fs'
import type { ParseArgsConfig } from 'node:util'
import { type OutboxEntry, type OutboxView, outboxOf } from '../../../src/index.ts'
import { helpOf } from '../help/parts.ts'
import { type KnownFlags, parseFlags, variable } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { isBucket, openStorage } from '../server/storage.ts'

const FLAGS = {
  data: { type: 'string' },
  receiver: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options']

const HINT = "try 'ocikit --help'"

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What it does. */
export const actions: readonly string[] = ['list', 'retry', 'drop']

/** What `--help` prints. */
export const help: string = helpOf(
  'webhooks list|retry|drop [ID...] [flags]',
  `list shows what waits to be sent, and what is sent no more. retry lets the latter be sent again, drop removes it:
all of it, or the changes with these ids.`,
  `Flags:
  --data DIR                the folder, whose server must be stopped, or a bucket, whose servers may run
  --receiver HOST           drop: all for a receiver that is configured no more, also what waits for it; a URL
                            names one of several at a host
  --json                    list: a line of JSON for each change`,
  `Examples:
  ocikit webhooks list --data ./data
  ocikit webhooks retry --data ./data
  ocikit webhooks drop --data ./data --receiver ci.example.com`,
)

/** `ocikit webhooks list|retry|drop`: what waits to be sent, and what is sent no more. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS, { hint: HINT })
  const [action, ...ids] = positionals
  if (action !== 'list' && action !== 'retry' && action !== 'drop')
    throw new UsageError('webhooks needs list, retry or drop', HINT)
  if (action === 'list' && ids.length > 0) throw new UsageError('webhooks list takes flags only', HINT)
  const { receiver } = values
  if (receiver !== undefined && (action !== 'drop' || ids.length > 0))
    throw new UsageError('--receiver goes with webhooks drop, and without ids', HINT)
  const data = values.data ?? variable(io.env, 'data') ?? './data'
  if (!isBucket(data) && !existsSync(data)) throw new UsageError(`there is no folder ${JSON.stringify(data)}`)
  const storage = await openStorage(data, io.env)
  try {
    const outbox = outboxOf(storage)
    if (action === 'list') return await list(outbox, values.json ?? false, io)
    if (receiver !== undefined) return await forget(outbox, receiver, io)
    return await (action === 'retry' ? retry(outbox, ids, io) : drop(outbox, ids, io))
  } finally {
    await storage.close?.()
  }
}

async function list(outbox: OutboxView, json: boolean, io: Io): Promise<number> {
  for await (const entry of outbox.list())
    io.stdout.write(`${json ? JSON.stringify(entry) : lineOf(entry)}\n`)
  return 0
}

function lineOf({ id, host, repository, time, types, why }: OutboxEntry): string {
  return [
    id,
    time,
    host,
    repository,
    types.join(','),
    why === undefined ? 'waits' : `sent no more: ${why}`,
  ].join('  ')
}

async function retry(outbox: OutboxView, ids: readonly string[], io: Io): Promise<number> {
  return told(await outbox.retry(ids.length > 0 ? ids : undefined), 'will be sent again', ids, io)
}

async function drop(outbox: OutboxView, ids: readonly string[], io: Io): Promise<number> {
  return told(await outbox.drop(ids.length > 0 ? ids : undefined), 'dropped', ids, io)
}

async function forget(outbox: OutboxView, receiver: string, io: Io): Promise<number> {
  const count = await outbox.forget(receiver)
  // It is not shown: a URL may be a secret.
  if (count === 0)
    throw new UsageError('nothing is kept for this receiver', "'ocikit webhooks list' shows which there are")
  return told(count, 'dropped', [], io)
}

function told(count: number, what: string, ids: readonly string[], io: Io): number {
  if (ids.length > 0 && count === 0)
    throw new UsageError('none of these is undeliverable', "'ocikit webhooks list' shows which are")
  io.stdout.write(`${count} ${what}\n`)
  return 0
}
