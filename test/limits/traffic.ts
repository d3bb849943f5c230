/**
 * Requests of every kind, over connections that are kept.
 * @module
 */

import { Agent, type IncomingMessage, request } from 'node:http'
import { sha256 } from '../crash/http.ts'
import type { Random } from '../crash/random.ts'

const REPO = '/v2/limits/flat'
const TYPE = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }
const LARGE = 1_500_000
const LIMIT_MS = 20_000

/** How often each kind is sent, of a thousand; what writes or breaks a connection is dear. */
const MIX = {
  'manifest by tag': 230,
  'manifest by digest': 210,
  'manifest head': 180,
  'blob head': 80,
  unknown: 110,
  range: 70,
  tags: 60,
  bad: 35,
  push: 8,
  'broken download': 10,
  'broken upload': 7,
} as const
type Kind = keyof typeof MIX

/** Mixed requests, each of which must be answered as it should. */
export class Traffic {
  /** How many were sent of each kind. */
  readonly sent = new Map<Kind, number>()
  readonly #url: string
  readonly #agent: Agent
  readonly #connections: number
  readonly #random: Random
  readonly #large: Buffer<ArrayBuffer>
  readonly #blob: string
  #digest = ''
  readonly #kinds = (Object.keys(MIX) as Kind[]).flatMap((kind) => Array<Kind>(MIX[kind]).fill(kind))

  constructor(url: string, connections: number, random: Random) {
    this.#url = url
    this.#connections = connections
    this.#random = random
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
    this.#large = random.bytes(LARGE)
    this.#blob = sha256(this.#large)
  }

  /** Pushes what is read later: a blob that is larger than any buffer, and ten tags. */
  async prepare(): Promise<void> {
    const blob = { mediaType: 'a/b', digest: this.#blob, size: LARGE }
    await this.#ask('POST', `/blobs/uploads/?digest=${blob.digest}`, [201], {}, this.#large)
    const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config: blob, layers: [blob] }))
    this.#digest = sha256(manifest)
    for (let i = 0; i < 10; i++) await this.#ask('PUT', `/manifests/tag${i}`, [201], TYPE, manifest)
  }

  /** Sends so many, as many at once as there are connections. */
  async send(count: number): Promise<void> {
    let left = count
    const work = async () => {
      while (left-- > 0) {
        const kind = this.#random.pick(this.#kinds)
        await this.#one(kind)
        this.sent.set(kind, (this.sent.get(kind) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: this.#connections }, work))
  }

  /** Ends all connections; the next requests make new ones. */
  hangUp(): void {
    this.#agent.destroy()
  }

  async #one(kind: Kind): Promise<unknown> {
    const random = this.#random
    const large = `/blobs/${this.#blob}`
    const unknown = `sha256:${random.bytes(32).toString('hex')}`
    switch (kind) {
      case 'manifest by tag':
        return this.#ask('GET', `/manifests/tag${random.int(0, 9)}`, [200])
      case 'manifest by digest':
        return this.#ask('GET', `/manifests/${this.#digest}`, [200])
      case 'manifest head':
        return this.#ask('HEAD', `/manifests/tag${random.int(0, 9)}`, [200])
      case 'blob head':
        return this.#ask('HEAD', large, [200])
      case 'unknown':
        return this.#ask('GET', `/${random.pick(['blobs', 'manifests'])}/${unknown}`, [404])
      case 'range': {
        const first = random.int(0, LARGE - 1)
        return this.#ask('GET', large, [206], { range: `bytes=${first}-${first + 999}` })
      }
      case 'tags':
        return this.#ask('GET', `/tags/list?n=${random.int(1, 12)}`, [200])
      case 'bad':
        return this.#ask(...random.pick(BAD))
      case 'push': {
        const bytes = random.bytes(random.int(1, 3_000))
        return this.#ask('POST', `/blobs/uploads/?digest=${sha256(bytes)}`, [201], {}, bytes)
      }
      case 'broken download':
        return this.#broken('GET', large)
      case 'broken upload':
        return this.#broken('POST', `/blobs/uploads/?digest=${unknown}`)
    }
  }

  async #ask(
    method: string,
    path: string,
    wanted: readonly number[],
    headers: Record<string, string> = {},
    body?: Buffer,
  ): Promise<void> {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = this.#request(method, path, headers)
      sent.once('error', reject)
      sent.once('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer`)))
      sent.once('response', (answer: IncomingMessage) => {
        answer.once('error', reject)
        answer.once('end', () => resolve(answer.statusCode)).resume()
      })
      sent.end(body)
    })
    if (!wanted.includes(status ?? 0)) throw new Error(`${method} ${path}: ${status}, not ${wanted}`)
  }

  /** Leaves in the middle of a body, whichever way it goes. */
  #broken(method: 'GET' | 'POST', path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const length: Record<string, string> = method === 'GET' ? {} : { 'content-length': String(LARGE) }
      const sent = this.#request(method, path, length)
      sent.once('timeout', () => reject(new Error(`${method} ${path}: no answer`)))
      sent.on('error', () => {})
      sent.once('close', resolve)
      sent.once('response', (answer: IncomingMessage) => {
        if (answer.statusCode !== 200) reject(new Error(`${method} ${path}: ${answer.statusCode}`))
        answer.on('error', () => {})
        answer.once('data', () => sent.destroy())
      })
      if (method === 'GET') sent.end()
      else sent.write(this.#large.subarray(0, this.#random.int(1, LARGE / 4)), () => sent.destroy())
    })
  }

  #request(method: string, path: string, headers: Record<string, string>) {
    return request(`${this.#url}${REPO}${path}`, { method, headers, agent: this.#agent, timeout: LIMIT_MS })
  }
}

const BAD: readonly [method: string, path: string, wanted: readonly number[]][] = [
  ['GET', '/tags/list?n=-1', [400]],
  ['GET', '/manifests/-bad', [400]],
  ['GET', '/blobs/sha256:bad', [400]],
  ['PROPFIND', '/tags/list', [405]],
  ['PUT', '/manifests/tag0', [400]],
  ['PATCH', '/blobs/uploads/none', [404]],
  ['GET', '/%ff', [400]],
]
