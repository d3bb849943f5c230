/**
 * What the command was told.
 * @module
 */

import { parseArgs } from 'node:util'

const USAGE = `usage: node test/bench/main.ts [flags]             against other registries
       node test/bench/main.ts compare REF [flags]  the work tree against a git ref
       node test/bench/main.ts --client [flags]     the command as a client, against skopeo and crane
       node test/bench/main.ts --runtimes [flags]   on Node, Bun, Deno, Next.js and workerd, over a folder, S3 and R2

  --smoke          tiny sizes and one round: whether it works, not how fast it is
  --rounds N       how often everything is measured (5)
  --rows A,B       only these rows
  --peers A,B      only these other registries, or none (docker-registry,distribution); not with --runtimes
  --storages A,B   only these, with --runtimes (folder,s3,r2)
  --json FILE      write everything that was measured
`

/** What the command was told. */
export interface BenchOptions {
  readonly smoke: boolean
  readonly rounds: number
  /** Names of rows; empty means all. */
  readonly rows: readonly string[]
  readonly peers: readonly string[]
  readonly json?: string
  /** The command as a client instead of the registry. */
  readonly client: boolean
  /** Runtimes and storages, each with its own peer, instead of Node over a folder. */
  readonly runtimes: boolean
  readonly storages: readonly string[]
  /** The git ref to compare with; absent means the peers. */
  readonly ref?: string
}

/** Reads the arguments. @throws Error for what makes no sense, with the usage. */
export function readOptions(args: readonly string[]): BenchOptions {
  try {
    return parse(args)
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${USAGE}`)
  }
}

function parse(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      smoke: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      rows: { type: 'string', default: '' },
      peers: { type: 'string', default: 'docker-registry,distribution' },
      json: { type: 'string' },
      runtimes: { type: 'boolean', default: false },
      client: { type: 'boolean', default: false },
      storages: { type: 'string', default: 'folder,s3,r2' },
    },
  })
  const [command, ref, ...rest] = positionals
  if (rest.length > 0 || (command !== undefined && (command !== 'compare' || ref === undefined))) {
    throw new Error('either no command, or: compare REF')
  }
  if (values.runtimes && ref !== undefined) throw new Error('--runtimes cannot compare with a git ref')
  if (values.client && (values.runtimes || ref !== undefined))
    throw new Error('--client compares with other commands only')
  const rounds = Number(values.rounds ?? (values.smoke ? 1 : 5))
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 50) throw new Error('--rounds is 1 to 50')
  return {
    smoke: values.smoke,
    rounds,
    rows: listOf(values.rows),
    runtimes: values.runtimes,
    client: values.client,
    storages: listOf(values.storages),
    peers: values.peers === 'none' ? [] : listOf(values.peers),
    ...(values.json === undefined ? {} : { json: values.json }),
    ...(ref === undefined ? {} : { ref }),
  }
}

function listOf(text: string): string[] {
  return text.split(',').filter(Boolean)
}
