/**
 * Finds the clients. A client that is absent or cannot run here is skipped, visibly and with the reason.
 * @module
 */

import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe } from 'vitest'
import { type RunOptions, run } from './process.ts'

/** What a client needs from the machine. */
export interface Needs {
  /** Commands in PATH. */
  commands: readonly string[]
  /** Whether it mounts and chowns, for which it has to be root. */
  root?: boolean
}

/** Tests of one client, or a skip that says why. */
export function describeClient(name: string, needs: Needs, body: () => void): void {
  const reason = obstacle(needs)
  if (reason === undefined) {
    describe(name, body)
    return
  }
  console.warn(`skipped: ${name}, ${reason}`)
  describe.skip(`${name} (${reason})`, body)
}

function obstacle(needs: Needs): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux'
  const absent = needs.commands.filter((command) => !installed(command))
  if (absent.length > 0) return `${absent.join(', ')} not installed`
  if (needs.root !== true) return undefined
  if (process.getuid?.() !== 0) return 'needs root'
  if (spawnSync('unshare', ['--mount', 'true']).status !== 0) return 'needs the right to mount'
  return undefined
}

function installed(command: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** A command with the arguments every call of it takes. */
export interface Client {
  /** Runs it, expects success and returns what it printed to stdout. */
  ok(...args: string[]): Promise<string>
  /** The same, but both streams: some clients tell their progress on stderr. */
  told(...args: string[]): Promise<string>
  /** Runs it, expects failure and returns both streams. */
  fails(...args: string[]): Promise<string>
}

/** A client that always runs with `always` before the arguments of a call. */
export function client(command: string, always: readonly string[], options: RunOptions = {}): Client {
  const call = async (args: string[], success: boolean) => {
    const { status, stdout, stderr } = await run(command, [...always, ...args], options)
    if ((status === 0) === success && status !== -1) return { stdout, both: stdout + stderr }
    throw new Error(`${command} ${args.join(' ')}: exit status ${status}\n${stdout}${stderr}`)
  }
  return {
    ok: async (...args) => (await call(args, true)).stdout.trim(),
    told: async (...args) => (await call(args, true)).both,
    fails: async (...args) => (await call(args, false)).both,
  }
}
