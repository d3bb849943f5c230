/**
 * Load from wrk.
 * @module
 */

import { run } from './run.ts'

/** How wrk loads a server. */
export interface Load {
  readonly url: string
  /** Seconds. */
  readonly time: number
  readonly connections: number
  readonly threads: number
  /** A Lua file. */
  readonly script?: string
  /** Each `Name: value`. */
  readonly headers?: readonly string[]
}

/** Requests in a second. @throws Error if one of them failed. */
export async function wrk({ url, time, connections, threads, script, headers = [] }: Load): Promise<number> {
  const args = ['-t', String(threads), '-c', String(connections), '-d', `${time}s`, '--timeout', '10s']
  const more = [
    ...(script === undefined ? [] : ['-s', script]),
    ...headers.flatMap((header) => ['-H', header]),
  ]
  const text = await run('wrk', [...args, ...more, url], { timeout: (time + 30) * 1000 })
  const failures = /^\s*(?:Non-2xx or 3xx responses|Socket errors):.*$/m.exec(text)
  const rate = Number(/^Requests\/sec:\s+([\d.]+)$/m.exec(text)?.[1])
  if (failures || !(rate > 0)) throw new Error(`wrk ${url}: ${failures?.[0].trim() ?? text}`)
  return rate
}
