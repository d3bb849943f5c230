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
/** So much of a secret is not quoted either. */
const MAX_SHOWN = 8
/** How long what a helper has said is read when it has ended, in milliseconds. */
const LINGER = 2_000

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
  const quoted = line === '' || holds(line, options.secret) ? '' : `: ${line}`
  throw new Error(`${command} failed with status ${status}${quoted}`)
}

/** Also the secret's begin, where the line is cut off; it may come back as it was sent, in JSON. */
function holds(line: string, secret: string | undefined): boolean {
  if (secret === undefined) return false
  return [secret, JSON.stringify(secret).slice(1, -1)].some((text) => line.includes(text.slice(0, MAX_SHOWN)))
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
      setTimeout(() => child.stdout.destroy(), killedBy ? 0 : LINGER).unref()
    })
    child.on('close', (status) => {
      if (child.killed) reject(new Error(`${command} took longer than ${timeout / 1000} s`))
      else resolve({ status, output })
    })
    // A helper that ends without reading has its status tell why.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
