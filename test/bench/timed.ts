/**
 * How long a command takes, and how much memory.
 * @module
 */

import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { killAtEnd } from './scratch.ts'

const LIMIT = 5 * 60_000
/** How often its memory is looked at, in milliseconds: the system keeps the highest, until the process ends. */
const EVERY = 10

/** A command that has ended well. */
export interface Timed {
  /** From its start to its end. */
  readonly seconds: number
  /** Most resident memory in bytes; `null` where the system does not tell. */
  readonly peak: number | null
}

/** Runs a command. @throws Error if it fails or takes too long. */
export async function timed(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Timed> {
  const begun = performance.now()
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: LIMIT,
    killSignal: 'SIGKILL',
  })
  killAtEnd(child)
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk
  })
  let peak: number | null = null
  const look = async (): Promise<void> => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
    if (kib !== undefined) peak = Math.max(peak ?? 0, Number(kib) * 1024)
  }
  const timer = setInterval(() => void look(), EVERY)
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    const seconds = (performance.now() - begun) / 1000
    if (status !== 0) throw new Error(`${command}: exit status ${status}\n${said.slice(-2000)}`)
    return { seconds, peak }
  } finally {
    clearInterval(timer)
  }
}
