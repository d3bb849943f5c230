import { existsSync } from 'node:fs'
import type { ParseArgsConfig } from 'node:util'
import { sizeText, type Usage, type Used, usageOf } from '../../../src/engine/index.ts'
import { helpOf } from '../help/parts.ts'
import { type Env, type KnownFlags, onlyFlags, variable } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { isBucket, openStorage } from '../server/storage.ts'

const FLAGS = {
  data: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options']

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'usage [flags]',
  'Says what each repository keeps, and how full its quotas are.',
  `Flags:
  --data DIR                the folder, whose server must be stopped, or a bucket
  --json                    as JSON`,
  `Examples:
  ocikit usage --data ./data --json`,
)

/** `ocikit usage`: what each repository keeps, and how full the quotas are that a server has used here. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { data, json } = readFlags(args, io.env)
  const storage = await openStorage(data, io.env)
  try {
    const usage = await usageOf(storage.records, undefined, { repositories: true })
    io.stdout.write(json ? `${JSON.stringify(usage)}\n` : asText(usage))
    return 0
  } finally {
    await storage.close?.()
  }
}

function asText({ quotas, repositories = [] }: Usage): string {
  const full = quotas.map(({ prefix, limits, complete, ...used }) => [
    `quota ${prefix}`,
    limits.bytes === undefined
      ? sizeText(used.bytes)
      : `${sizeText(used.bytes)} of ${sizeText(limits.bytes)}`,
    limits.manifests === undefined
      ? manifestsText(used)
      : `${used.manifests} of ${manifestsText({ manifests: limits.manifests })}`,
    complete ? '' : 'not yet counted in full',
  ])
  const each = repositories.map(({ name, ...used }) => [name, sizeText(used.bytes), manifestsText(used)])
  const lines = [...full, ...each]
  if (lines.length === 0) return 'nothing is kept here\n'
  const widths = [0, 1].map((column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines
    .map(
      ([name, size, ...rest]) =>
        `${name!.padEnd(widths[0]!)}  ${size!.padStart(widths[1]!)}  ${rest.join('  ')}`,
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

function manifestsText({ manifests }: Pick<Used, 'manifests'>): string {
  return manifests === 1 ? '1 manifest' : `${manifests} manifests`
}

function readFlags(args: readonly string[], env: Env): { data: string; json: boolean } {
  const values = onlyFlags('usage', args, FLAGS)
  const data = values.data ?? variable(env, 'data') ?? './data'
  if (!isBucket(data) && !existsSync(data)) throw new UsageError(`there is no folder ${JSON.stringify(data)}`)
  return { data, json: values.json ?? false }
}
