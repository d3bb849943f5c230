/**
 * Pushing as clients do: curl sends the bytes, because it costs little.
 * @module
 */

import type { Payload } from './payload.ts'
import { run } from './run.ts'

const LIMIT = 5 * 60_000

/** POST, then PUT with everything. Resolves to the seconds until the 201. */
export async function putBlob(repository: string, { file, digest }: Payload): Promise<number> {
  const session = await ask('POST', `${repository}/blobs/uploads/`, 202)
  const sent = await curl(['-T', file, withDigest(session.location, digest)], 201)
  return session.seconds + sent.seconds
}

/** POST, PATCH with everything in chunks, PUT without anything: that is how docker pushes. */
export async function patchBlob(repository: string, { file, digest }: Payload): Promise<number> {
  const session = await ask('POST', `${repository}/blobs/uploads/`, 202)
  const chunked = ['-X', 'PATCH', '-H', 'Transfer-Encoding: chunked', '-T', '-']
  const sent = await curl([...chunked, session.location], 202, file)
  const finished = await ask('PUT', withDigest(sent.location, digest), 201)
  return session.seconds + sent.seconds + finished.seconds
}

/** Sends a small request. */
export async function ask(
  method: string,
  url: string,
  wanted: number,
  { body, type = 'application/octet-stream', authorization }: Sent = {},
): Promise<Answer> {
  const begun = performance.now()
  const headers = {
    ...(body === undefined ? {} : { 'content-type': type }),
    ...(authorization === undefined ? {} : { authorization }),
  }
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) })
  const text = await response.text()
  const seconds = (performance.now() - begun) / 1000
  if (response.status !== wanted)
    throw new Error(`${method} ${url}: ${response.status} ${text.slice(0, 500)}`)
  const location = response.headers.get('location')
  return { seconds, text, location: location === null ? url : new URL(location, url).href }
}

interface Sent {
  readonly body?: string
  readonly type?: string
  readonly authorization?: string | undefined
}

interface Answer {
  readonly seconds: number
  readonly text: string
  /** Where to go on; the URL itself if the answer does not say. */
  readonly location: string
}

/** The URL that finishes an upload session. */
export function withDigest(session: string, digest: string): string {
  const url = new URL(session)
  url.searchParams.set('digest', digest)
  return url.href
}

async function curl(args: readonly string[], wanted: number, stdin?: string): Promise<Omit<Answer, 'text'>> {
  const url = args.at(-1)!
  const format = '\n%{http_code} %{time_total} %header{location}'
  const always = ['-s', '-S', '--http1.1', '-H', 'Expect:', '-H', 'Content-Type: application/octet-stream']
  const options = { timeout: LIMIT, ...(stdin === undefined ? {} : { stdin }) }
  const text = await run('curl', [...always, '-w', format, ...args], options)
  const [status, seconds, location] = text.slice(text.lastIndexOf('\n') + 1).split(' ')
  if (Number(status) !== wanted) throw new Error(`${args.join(' ')}: ${text.slice(0, 500)}`)
  return { seconds: Number(seconds), location: new URL(location || url, url).href }
}
