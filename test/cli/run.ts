import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { main } from '../../adapters/cli/main.ts'

const BIN = fileURLToPath(new URL('../../adapters/cli/bin.ts', import.meta.url))

/** Runs the command in this process. */
export async function run(
  args: readonly string[],
  env: Record<string, string> = {},
  signal?: AbortSignal,
  stdin?: Readable,
) {
  const stdout: string[] = []
  const stderr: string[] = []
  const code = await main({
    argv: ['node', 'ocikit', ...args],
    env,
    stdout: { write: (text) => stdout.push(text) },
    stderr: { write: (text) => stderr.push(text) },
    ...(signal && { signal }),
    ...(stdin && { stdin }),
  })
  return { code, stdout: stdout.join(''), stderr: stderr.join('') }
}

/** A server in a process of its own. */
export interface Serving extends AsyncDisposable {
  readonly child: ChildProcess
  readonly url: string
  readonly port: number
  stdout(): string
  stderr(): string
  /** Asks it to end; resolves to its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  /** Resolves when the process has ended. */
  readonly exit: Promise<number | null>
}

/** What a command needs of the environment of the tests, to be found and to start soon. */
const surroundings = (): Record<string, string> => {
  const { PATH = '', NODE_COMPILE_CACHE } = process.env
  return { PATH, ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }) }
}

/** Starts `ocikit serve --port 0` and waits until it listens. The environment holds nothing else. */
export async function start(
  args: readonly string[],
  {
    env = {},
    command = [process.execPath, BIN],
  }: { env?: Record<string, string>; command?: readonly string[] } = {},
): Promise<Serving> {
  const [file, ...before] = command
  const child = spawn(file!, [...before, 'serve', '--port', '0', ...args], {
    env: { ...surroundings(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const exit = once(child, 'close').then(([code]) => code as number | null)
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`does not listen: ${stderr}`)), 60_000)
    child.stdout.on('data', (chunk) => {
      stdout += chunk
      const match = /^listening (\S+)\n/m.exec(stdout)
      if (match) resolve(match[1]!)
    })
    exit.then(
      (code) => reject(new Error(`ended with ${code}: ${stderr}`)),
      (error: unknown) => reject(error),
    )
    exit.finally(() => clearTimeout(timer)).catch(() => {})
  })
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return exit
  }
  return {
    child,
    url,
    port: Number(new URL(url).port),
    stdout: () => stdout,
    stderr: () => stderr,
    stop,
    exit,
    async [Symbol.asyncDispose]() {
      await stop('SIGKILL')
    },
  }
}
