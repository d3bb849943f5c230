/**
 * What it ran on.
 * @module
 */

import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { run, which } from './run.ts'

/** The machine, as far as it matters for the figures. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  /** Bytes. */
  readonly memory: number
  readonly kernel: string
  /** File system of the data folders. */
  readonly disk: string
  readonly node: string
  /** Processes that wanted to run just before, on average: above 0.5 the figures are noisy. */
  readonly load: number | null
  readonly tools: Readonly<Record<string, string>>
}

/** Describes the machine; `data` is where data folders will lie. */
export async function describeMachine(data: string): Promise<Machine> {
  const disk = await run('df', ['--output=fstype,source', data]).catch(() => '')
  const load = await readFile('/proc/loadavg', 'utf8').catch(() => '')
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: totalmem(),
    kernel: `${process.platform} ${release()}`,
    disk: disk.split('\n')[1]?.trim().replace(/\s+/g, ' on ') ?? 'unknown',
    node: process.version,
    load: load === '' ? null : Number(load.split(' ')[0]),
    tools: { curl: await firstLine('curl', '--version'), wrk: await firstLine('wrk', '--version') },
  }
}

async function firstLine(command: string, flag: string): Promise<string> {
  if (which(command) === undefined) return 'absent'
  // wrk tells its version and calls that a failure.
  const text = await run(command, [flag]).catch((error: Error) =>
    error.message.replace(/^.*exit status.*\n/, ''),
  )
  return text
    .split('\n')[0]!
    .replace(/ \[.*| \(.*| Copyright.*/, '')
    .trim()
}
