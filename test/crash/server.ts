/**
 * The real command as a process that can be killed.
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** A registry process. */
export interface Server extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Milliseconds from the start of the process until it listened. */
  readonly startup: number
  /** Ends it as a power button would; resolves when it is gone. */
  kill(): Promise<void>
  /** Ends it in an orderly way and resolves to its exit code. */
  stop(): Promise<number | null>
}

const COMMAND = fileURLToPath(new URL('../../adapters/cli/bin.ts', import.meta.url))
const LIMIT = 60_000

/** Starts a registry over a folder, which may have been used before. */
export async function startServer(data: string, ...flags: string[]): Promise<Server> {
  const args = [COMMAND, 'serve', '--data', data, '--port', '0', '--log', 'off', ...flags]
  const begun = Date.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const orphan = () => void child.kill('SIGKILL')
  process.once('exit', orphan)
  const gone = once(child, 'close').then(() => process.removeListener('exit', orphan))
  const url = await listening(child).catch(async (error: unknown) => {
    child.kill('SIGKILL')
    await gone
    throw error
  })
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await gone
  }
  const server: Server = {
    url,
    port: Number(new URL(url).port),
    pid: child.pid!,
    startup: Date.now() - begun,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM')
      return child.exitCode
    },
    [Symbol.asyncDispose]: () => end('SIGKILL'),
  }
  return server
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const timer = setTimeout(() => reject(new Error(`the server did not start\n${said}`)), LIMIT)
    const hear = (chunk: Buffer) => {
      said += chunk
      const url = /^listening (http:\/\/\S+?)\/?$/m.exec(said)?.[1]
      if (url === undefined) return
      clearTimeout(timer)
      resolve(url)
    }
    child.stdout!.on('data', hear)
    child.stderr!.on('data', hear)
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      reject(new Error(`the server ended with ${code}\n${said}`))
    })
  })
}
