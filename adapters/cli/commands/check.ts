import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ParseArgsConfig } from 'node:util'
import {
  type CheckReport,
  type CheckStorageOptions,
  checkStorage,
  type Finding,
} from '../../../src/engine/index.ts'
import type { Storage } from '../../../src/storage/index.ts'
import { helpOf } from '../help/parts.ts'
import { type Env, type KnownFlags, nameOf, onlyFlags, variable } from '../input/flags.ts'
import { durationOf, sizeOf, switchOf, UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { isBucket, openStorage } from '../server/storage.ts'

const FLAGS = {
  data: { type: 'string' },
  repair: { type: 'boolean' },
  sample: { type: 'string' },
  rate: { type: 'string' },
  from: { type: 'string' },
  sparse: { type: 'boolean' },
  grace: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options']

interface CheckFlags {
  readonly data: string
  readonly json: boolean
  readonly options: CheckStorageOptions
}

/** How often progress is told, in milliseconds. */
const PROGRESS = 1_000

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'check [flags]',
  'Tells whether all that is stored is whole.',
  `Flags:
  --data DIR                the folder, whose server must be stopped, or a bucket, whose servers may run
  --repair                  mend what can be mended, and set damaged blobs aside, so that a push heals them
  --sample PERCENT          read the bytes of so many blobs, as in 10%, and of others only the size (100%)
  --rate SIZE               read so many bytes in a second at most
  --from CURSOR             go on where another check has ended
  --sparse                  manifests may refer to what is not here
  --grace TIME              the --gc-grace of the servers (24h)
  --json                    a line of JSON for each finding, and one for the end`,
  `Examples:
  ocikit check --data ./data --sample 10%
  ocikit check --data ./data --repair`,
  `Exit codes: 0 all is whole, 1 something is damaged and not mended, 2 called in a wrong way, or not all could
be read.`,
)

/**
 * `ocikit check`: whether a folder that no server holds, or a bucket, is whole.
 *
 * @returns 0 if it is, 1 if something is damaged and was not mended, 2 if that could not be found out.
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { data, json, options } = readFlags(args, io.env)
  const storage = await openStorage(data, io.env)
  const printer = json ? jsonPrinter(io) : textPrinter(io)
  try {
    return await checkOpened(storage, options, printer, io)
  } finally {
    await storage.close?.()
  }
}

async function checkOpened(
  storage: Storage,
  options: CheckStorageOptions,
  printer: Printer,
  io: Io,
): Promise<number> {
  const stop = stopOn(io.signal)
  let cursor: string | null = null
  let told = Date.now()
  try {
    const report = await checkStorage(storage, {
      ...options,
      signal: stop.signal,
      onFinding: printer.finding,
      onProgress(reached) {
        cursor = reached
        if (Date.now() - told < PROGRESS) return
        told = Date.now()
        printer.progress(reached)
      },
    })
    printer.summary(report)
    if (report.damaged > 0) return 1
    return report.unreadable > 0 || report.cursor !== null ? 2 : 0
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message)
    // Not 1, which says that something is damaged.
    printer.failure(error instanceof Error ? error.message : String(error), cursor)
    return 2
  } finally {
    stop.end()
  }
}

/** A first SIGTERM or SIGINT ends it between two steps, so that it can be gone on with. */
function stopOn(given: AbortSignal | undefined): { signal: AbortSignal; end(): void } {
  if (given) return { signal: given, end() {} }
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, abort)
  return {
    signal: stop.signal,
    end() {
      for (const name of ['SIGTERM', 'SIGINT'] as const) process.removeListener(name, abort)
    },
  }
}

interface Printer {
  finding(finding: Finding): void
  progress(cursor: string): void
  summary(report: CheckReport): void
  failure(why: string, cursor: string | null): void
}

/** A line of JSON for each; `type` says of what. */
function jsonPrinter({ stdout }: Io): Printer {
  const line = (type: string, fields: object) => stdout.write(`${JSON.stringify({ type, ...fields })}\n`)
  return {
    finding: (finding) => line('finding', finding),
    progress: (cursor) => line('progress', { cursor }),
    summary: ({ findings: _, ...report }) => line('summary', report),
    failure: (message, cursor) => line('failure', { message, cursor }),
  }
}

function textPrinter({ stdout, stderr }: Io): Printer {
  return {
    finding: ({ problem, text, at, repository, digest, tag, outcome }) => {
      const name = `${repository ?? ''}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
      const what = outcome === 'found' ? '' : ` (${outcome})`
      stdout.write(`${[problem, name, text].filter(Boolean).join(': ')}${what}\n  at ${JSON.stringify(at)}\n`)
    },
    progress: () => {},
    summary: (report) => {
      stdout.write(`${linesOf(report).join('\n')}\n`)
      if (report.cursor !== null)
        stderr.write(`ocikit: ${goOn('ended before all was seen', report.cursor)}\n`)
    },
    failure: (why, cursor) => stderr.write(`ocikit: ${goOn(why.replace(/\s+/g, ' '), cursor)}\n`),
  }
}

function linesOf(report: CheckReport): string[] {
  const { repositories, manifests, tags, referrers, blobs, hashed, bytes, contents } = report
  const { damaged, setAside, mended, strays, unreadable } = report
  return [
    `checked ${manifests} manifests, ${tags} tags and ${referrers} referrers in ${repositories} repositories, ${blobs} blobs`,
    `  read ${bytes} bytes of ${hashed} contents`,
    ...(contents === null
      ? ['  this storage cannot list its contents: none was looked for that nothing names']
      : []),
    `damaged: ${damaged}${setAside > 0 ? `, of which ${setAside} set aside` : ''}`,
    ...(mended > 0 ? [`mended: ${mended}`] : []),
    ...(strays > 0 ? [`known to nothing: ${strays}`] : []),
    ...(unreadable > 0 ? [`unreadable: ${unreadable}`] : []),
  ]
}

function goOn(why: string, cursor: string | null): string {
  return cursor === null ? why : `${why} (go on with --from='${cursor}')`
}

function readFlags(args: readonly string[], env: Env): CheckFlags {
  const values = onlyFlags('check', args, FLAGS)
  const data = values.data ?? variable(env, 'data') ?? './data'
  if (!isBucket(data) && !existsSync(join(data, 'ocikit.json')))
    throw new UsageError(`there is no registry in ${JSON.stringify(data)}`)
  const rate = sizeOf('--rate', values.rate)
  const grace = values.grace ?? variable(env, 'gc-grace')
  return {
    data,
    json: values.json ?? false,
    options: {
      // The lock of a folder keeps everybody else out.
      alone: !isBucket(data),
      repair: values.repair ?? false,
      sparse: values.sparse ?? switchOf(nameOf('sparse'), variable(env, 'sparse')) ?? false,
      ...(values.sample !== undefined && { sample: shareOf(values.sample) }),
      ...(rate !== undefined && { rate }),
      ...(values.from !== undefined && { after: values.from }),
      ...(grace !== undefined && { grace: durationOf('--grace', grace) }),
    },
  }
}

function shareOf(value: string): number {
  const share = /^\d{1,3}(?:\.\d{1,6})?%$/.test(value) ? Number(value.slice(0, -1)) / 100 : 0
  if (share > 0 && share <= 1) return share
  throw new UsageError('--sample must be a share above 0% and up to 100%, as in 10%')
}
