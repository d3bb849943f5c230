/**
 * A registry under measurement: a process of its own, watched from outside.
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { killAtEnd } from './scratch.ts'

const READY_LIMIT = 20_000
const STOP_LIMIT = 10_000

/** A server that answers. */
export interface Server extends AsyncDisposable {
  readonly url: string
  /** `Authorization` of whoever pushes and pulls; absent: it asks nobody who they are. */
  readonly authorization?: string
  /** Where what it mirrors is pushed; absent: to itself. */
  readonly upstream?: string
  /** Forgets the highest memory so far, where the system can. */
  resetPeak(): Promise<void>
  /** Most resident memory since it began or was reset, in bytes; `null` where the system does not tell. */
  peak(): Promise<number | null>
}

/** How a server is begun. */
export interface Start {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Its URL: known before, or read from what it says. */
  readonly url: string | RegExp
  /** How it says the id of its child whose memory counts; it ends that child on SIGTERM. Absent: it has none. */
  readonly watched?: RegExp
}

/** Starts a server and waits until `/v2/` answers. */
export async function startServer({ command, args, env, url, watched }: Start): Promise<Server> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  killAtEnd(child, watched && 'SIGTERM')
  let said = ''
  const listen = (chunk: Buffer) => {
    if (said.length < 20_000) said += chunk
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  child.once('error', (error) => {
    said += error.message
  })
  const found = () => (typeof url === 'string' ? url : url.exec(said)?.[1])
  for (const deadline = Date.now() + READY_LIMIT; !(await answers(found())); ) {
    if (Date.now() > deadline || ended(child)) {
      await stop(child)
      throw new Error(`${command} does not answer\n${said.slice(-2000)}`)
    }
    await sleep(20)
  }
  const proc = `/proc/${watched?.exec(said)?.[1] ?? child.pid}`
  return {
    url: found()!,
    resetPeak: () => writeFile(`${proc}/clear_refs`, '5').catch(() => {}),
    async peak() {
      const status = await readFile(`${proc}/status`, 'utf8').catch(() => '')
      const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
      return kib === undefined ? null : Number(kib) * 1024
    },
    [Symbol.asyncDispose]: () => stop(child),
  }
}

async function answers(url: string | undefined): Promise<boolean> {
  if (url === undefined) return false
  const response = await fetch(`${url}/v2/`, { signal: AbortSignal.timeout(2000) }).catch(() => null)
  await response?.body?.cancel()
  return response !== null && (response.ok || response.status === 401)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || ended(child)) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT)
  await gone
  clearTimeout(timer)
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
