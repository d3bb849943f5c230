/**
 * Programs that keep credentials: `docker-credential-NAME` (the protocol of docker-credential-helpers).
 * @module
 */

import { spawn } from 'node:child_process'

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** How a helper is run. */
export interface HelperOptions {
  readonly env: Environment
  /** Milliseconds that it may take. */
  readonly timeout: number
  readonly signal?: AbortSignal
  /** What it is not to be quoted with. */
  readonly secret?: string
}

/** Longest answer of a helper in bytes. */
const MAX_ANSWER = 64 * 1024
const MAX_QUOTED = 200

/**
 * Runs `docker-credential-NAME get`, `store` or `erase`, with `input` to read.
 * @returns What it has printed; `null` if it does not know the server. Rejects with the code `ENOENT` if there is no such
 *   helper.
 */
export async function askHelper(
  name: string,
  action: 'get' | 'store' | 'erase',
  input: string,
  options: HelperOptions,
): Promise<string | null> {
  const command = `docker-credential-${name}`
  const { status, output } = await run(command, action, input, options)
  if (status === 0) return output
  // The protocol of helpers has no other sign (docker-credential-helpers, credentials/error.go).
  if (/credentials not found|credentials server url|no credentials/i.test(output)) return null
  const line = output.trim().split('\n', 1)[0]!.slice(0, MAX_QUOTED)
  const isSecret = options.secret !== undefined && line.includes(options.secret)
  throw new Error(`${command} failed with status ${status}${isSecret ? '' : `: ${line}`}`)
}

function run(
  command: string,
  action: string,
  input: string,
  { env, timeout, signal }: HelperOptions,
): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [action], {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout,
      killSignal: 'SIGKILL',
      ...(signal ? { signal } : {}),
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(0, MAX_ANSWER)
    })
    child.on('error', reject)
    // What it has started itself may hold its output open for ever.
    child.once('exit', (_, killedBy) => {
      if (killedBy) child.stdout.destroy()
    })
    child.on('close', (status) => resolve({ status, output }))
    // A helper that ends without reading has its status tell why.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
