import { existsSync } from 'node:fs'
import type { ParseArgsConfig } from 'node:util'
import { type OutboxEntry, type OutboxView, outboxOf } from '../../../src/index.ts'
import { helpOf } from '../help/parts.ts'
import { parseFlags, variable } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { isBucket, openStorage } from '../server/storage.ts'

const FLAGS = {
  data: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options']

const HINT = "try 'ocikit --help'"

/** What `--help` prints. */
export const help: string = helpOf(
  'webhooks list|retry [flags]',
  'What waits to be sent, and what is sent no more until it is tried again.',
  `Flags:
  --data DIR                the folder, whose server must be stopped, or a bucket, whose servers may run
  --json                    list: a line of JSON for each change`,
  `Examples:
  ocikit webhooks list --data ./data
  ocikit webhooks retry --data ./data`,
)

/** `ocikit webhooks list|retry`: what waits to be sent, and what is sent no more until it is tried again. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS, { hint: HINT })
  const [action, ...ids] = positionals
  if (action !== 'list' && action !== 'retry') throw new UsageError('webhooks needs list or retry', HINT)
  if (action === 'list' && ids.length > 0) throw new UsageError('webhooks list takes flags only', HINT)
  const data = values.data ?? variable(io.env, 'data') ?? './data'
  if (!isBucket(data) && !existsSync(data)) throw new UsageError(`there is no folder ${JSON.stringify(data)}`)
  const storage = await openStorage(data, io.env)
  try {
    const outbox = outboxOf(storage)
    return await (action === 'list' ? list(outbox, values.json ?? false, io) : retry(outbox, ids, io))
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
  const count = await outbox.retry(ids.length > 0 ? ids : undefined)
  if (ids.length > 0 && count === 0)
    throw new UsageError('none of these is undeliverable', "'ocikit webhooks list' shows which are")
  io.stdout.write(`${count} will be sent again\n`)
  return 0
}
