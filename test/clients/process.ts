/**
 * Processes and folders of the client tests: everything started is stopped by its handle, every wait is bounded.
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** A temporary folder. Its name is short, for the sockets in it, and in lower case, for podman's sake. */
export interface Folder {
  readonly path: string
  /** A path in the folder. */
  at(...names: string[]): string
  /** Removes it, with what a client left mounted below it. */
  remove(): Promise<void>
}

/** Makes a temporary folder. */
export async function temporaryFolder(): Promise<Folder> {
  const path = join(tmpdir(), `oc-${randomBytes(5).toString('hex')}`)
  await mkdir(path, { mode: 0o700 })
  return {
    path,
    at: (...names) => join(path, ...names),
    async remove() {
      const mounts = (await readFile('/proc/self/mounts', 'utf8').catch(() => '')).split('\n')
      const below = mounts.map((line) => line.split(' ')[1] ?? '').filter((at) => at.startsWith(`${path}/`))
      for (const at of below.reverse()) await run('umount', ['--lazy', at])
      await rm(path, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** How a command is run. */
export interface RunOptions {
  env?: Record<string, string>
  /** Milliseconds until it is killed (120 s). */
  timeout?: number
  /** What `run` gives it to read (nothing). */
  input?: string | Buffer
  /** The folder `run` starts it in (this process's). */
  cwd?: string
}

/** What a command did. A command that was killed or not found has the status -1. */
interface Outcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command to its end. Never rejects. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}) {
  const child = spawn(command, args, {
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeout ?? 120_000,
    killSignal: 'SIGKILL',
  })
  // It may end without reading all of it: the status tells why.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input)
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((resolve) => {
      child.once('error', () => resolve(-1))
      child.once('exit', (code) => {
        resolve(code ?? -1)
        // A process it left behind may hold the streams open.
        setTimeout(() => [child.stdout, child.stderr].map((stream) => stream.destroy()), 5_000).unref()
      })
    }),
  ])
  return { status, stdout, stderr } satisfies Outcome
}

/** A process that stays. */
export interface Daemon {
  /** What it has said so far, both streams. */
  output(): string
  /** Whether it still runs. */
  running(): boolean
  /** Asks it to end (SIGTERM), waits 10 seconds, then kills it. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/** Starts a process that stays and waits until `ready` is true. */
export async function startDaemon(
  command: string,
  args: readonly string[],
  ready: (output: string) => boolean | Promise<boolean>,
  options: RunOptions = {},
): Promise<Daemon> {
  const child = spawn(command, args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  const listen = (chunk: Buffer) => {
    said += chunk
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  child.on('error', listen.bind(undefined, Buffer.from(`${command} does not start`)))
  const orphan = () => void child.kill('SIGKILL')
  process.once('exit', orphan)
  const daemon: Daemon = {
    output: () => said,
    running: () => child.pid !== undefined && child.exitCode === null && child.signalCode === null,
    async stop(signal = 'SIGTERM') {
      if (daemon.running()) await end(child, signal)
      process.removeListener('exit', orphan)
    },
  }
  const deadline = Date.now() + (options.timeout ?? 40_000)
  while (!(await ready(said))) {
    if (!daemon.running() || Date.now() > deadline) {
      await daemon.stop()
      throw new Error(`${command} did not get ready\n${said.slice(-4000)}`)
    }
    await sleep(50)
  }
  return daemon
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(timer)
}

async function text(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of stream) chunks.push(chunk as Buffer)
  } catch {
    // Cut off in the middle: the status tells why.
  }
  return Buffer.concat(chunks).toString()
}
