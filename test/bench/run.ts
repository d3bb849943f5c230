/**
 * Runs commands to their end.
 * @module
 */

import { spawn } from 'node:child_process'
import { accessSync, closeSync, constants, openSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { killAtEnd } from './scratch.ts'

/** Where tools are kept that were built or unpacked for tests. */
export const CACHE: string = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ocikit-tools')

/** How a command is run. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** A file that it reads. */
  readonly stdin?: string
  /** Milliseconds until it is killed (2 minutes). */
  readonly timeout?: number
}

/** Runs a command and resolves to what it printed. @throws Error if it fails or takes too long. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const input = options.stdin === undefined ? undefined : openSync(options.stdin, 'r')
  try {
    const child = spawn(command, args, {
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdio: [input ?? 'ignore', 'pipe', 'pipe'],
      timeout: options.timeout ?? 120_000,
      killSignal: 'SIGKILL',
    })
    killAtEnd(child)
    let stdout = ''
    let stderr = ''
    child.stdout!.on('data', (chunk: Buffer) => {
      stdout += chunk
    })
    child.stderr!.on('data', (chunk: Buffer) => {
      stderr += chunk
    })
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    if (status === 0) return stdout
    throw new Error(`${command} ${args.join(' ')}: exit status ${status}\n${stdout}${stderr}`.slice(0, 4000))
  } finally {
    if (input !== undefined) closeSync(input)
  }
}

/** Where a command lies in PATH. */
export function which(command: string): string | undefined {
  const places = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, command))
  return places.find(isExecutable)
}

/** Whether a file can be run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
