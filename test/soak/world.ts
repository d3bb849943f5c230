/**
 * What all clients of a soak share: the way to the registry, and what is there by what it has acknowledged.
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { sha256 } from '../crash/http.ts'
import type { FastClock } from './clock.ts'

/** A manifest that was acknowledged. */
export interface Image {
  readonly repo: string
  readonly digest: string
  readonly mediaType: string
  readonly bytes: Buffer<ArrayBuffer>
  /** Digests of blobs that it refers to. */
  readonly blobs: readonly string[]
  /** Of an index. */
  readonly children: readonly Image[]
  readonly subject?: Image
  readonly tags: Set<string>
  /** False from the moment at which somebody has begun to delete it. */
  live: boolean
}

/** A request that was answered. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  /** It was sent more than once, or something was killed meanwhile: what it asks for may have been done before. */
  readonly disturbed: boolean
}

/** What a request has beside method and path. */
export interface Sending {
  readonly body?: Buffer<ArrayBuffer> | undefined
  readonly type?: string
  readonly range?: string
}

/** How long a registry may be away, in milliseconds. */
const PATIENCE = 60_000
/** How often it is asked at least, should each time take long. */
const TRIES = 4

export class World {
  readonly clock: FastClock
  /** Every manifest that was acknowledged and not deleted. */
  readonly images = new Set<Image>()
  /** What is wrong. */
  readonly wrong: string[] = []
  /** Goes up when something is killed, and when it is back. */
  kills = 0
  requests = 0
  /** Answers that say that the storage has failed. */
  refusals = 0
  over = false
  /** Where the registry is now. */
  url: string
  /** Why a request got no answer the last time. */
  #failure: unknown

  constructor(clock: FastClock, url: string) {
    this.clock = clock
    this.url = url
  }

  /** Sends a request until it is answered. @throws if the answer is none of `wanted`. */
  async ask(method: string, path: string, wanted: readonly number[], sending: Sending = {}): Promise<Answer> {
    const deadline = Date.now() + PATIENCE
    const kills = this.kills
    for (let tries = 1; ; tries++) {
      const answer = await this.send(method, path, sending)
      const disturbed = tries > 1 || kills !== this.kills
      if (answer && wanted.includes(answer.status)) return { ...answer, disturbed }
      // The storage has failed, or somebody checked too late what it relies on.
      const again = !answer || answer.status === 503
      if (again && (tries < TRIES || Date.now() < deadline)) await sleep(50)
      else
        throw new Unexpected(
          `${method} ${path}: ${answer?.status}, not ${wanted}: ${answer?.bytes ?? inspect(this.#failure)}`,
          disturbed,
        )
    }
  }

  /** Sends a request once. @returns `null` if there is no answer. */
  async send(
    method: string,
    path: string,
    { body, type, range }: Sending = {},
  ): Promise<Omit<Answer, 'disturbed'> | null> {
    const headers = {
      ...(type !== undefined && { 'content-type': type }),
      ...(range !== undefined && { 'content-range': range }),
    }
    try {
      this.requests++
      const response = await fetch(this.url + path, { method, headers, ...(body && { body }) })
      const { status, headers: answered } = response
      if (status === 503) this.refusals++
      return { status, headers: answered, bytes: Buffer.from(await response.arrayBuffer()) }
    } catch (error) {
      // Nobody listens, or not any more.
      this.#failure = error
      return null
    }
  }

  /** Pulls a manifest and all that it refers to. @returns what is wrong; `null` if it was being deleted meanwhile. */
  async pull(image: Image, deep = true): Promise<string | null> {
    const wrong = await this.#compare(image).catch((error: unknown) => String(error))
    if (wrong !== null) return image.live ? `${image.repo} ${image.digest}: ${wrong}` : null
    for (const child of deep ? image.children : []) {
      const inside = await this.pull(child)
      if (inside !== null) return inside
    }
    return null
  }

  async #compare({ repo, digest, bytes, blobs }: Image): Promise<string | null> {
    const manifest = await this.ask('GET', `/v2/${repo}/manifests/${digest}`, [200])
    if (!manifest.bytes.equals(bytes)) return 'other bytes'
    for (const blob of blobs) {
      const content = await this.ask('GET', `/v2/${repo}/blobs/${blob}`, [200])
      if (sha256(content.bytes) !== blob) return `${blob} is damaged`
    }
    return null
  }
}

/** An answer that nobody should get. */
export class Unexpected extends Error {
  readonly disturbed: boolean

  constructor(message: string, disturbed: boolean) {
    super(message)
    this.disturbed = disturbed
  }
}
