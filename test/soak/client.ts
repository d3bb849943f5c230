/**
 * A client that pushes, pulls, mounts, tags, attaches and deletes, and knows what must be there.
 *
 * Its own repository is its own: it does one thing after the other there, so that it knows exactly. Of others it
 * pulls and mounts what is there before and after.
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { sha256 } from '../crash/http.ts'
import type { Random } from '../crash/random.ts'
import { COARSE } from './clock.ts'
import { GRACE } from './collectors.ts'
import { imageOf, MANIFEST, type Part } from './manifest.ts'
import { type Image, Unexpected, type World } from './world.ts'

const INDEX = 'application/vnd.oci.image.index.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

/** On average between two things that a client does, in milliseconds: other tests run beside this one. */
const PAUSE = 2_000
/** Manifests that it keeps. */
const KEPT = 12
/** How often an upload that was disturbed is tried. */
const TRIES = 30
/** How long what has no manifest is promised; S3 tells in whole seconds when a link was used. */
const PROMISE = GRACE / 2 - COARSE

export class Client {
  readonly #world: World
  readonly #random: Random
  readonly #repo: string
  /** Contents that other clients push, too. */
  readonly #common: readonly Buffer<ArrayBuffer>[]
  #own: Image[] = []
  /** When the step began, by the clock of the registry. */
  #began = 0

  constructor(world: World, random: Random, number: number, common: readonly Buffer<ArrayBuffer>[]) {
    this.#world = world
    this.#random = random
    this.#repo = `soak/client-${number}`
    this.#common = common
  }

  /** Works until the soak is over, or something is wrong. */
  async run(): Promise<void> {
    const world = this.#world
    while (!world.over && world.wrong.length === 0) {
      try {
        await this.#step()
      } catch (error) {
        world.wrong.push(`${this.#repo}: ${error}`)
      }
      await sleep(this.#random.int(0, 2 * PAUSE))
    }
  }

  async #step(): Promise<void> {
    this.#began = this.#world.clock.now()
    const random = this.#random
    const own = this.#own
    if (own.length < 3) return this.#push()
    if (own.length > KEPT) return this.#delete()
    const steps: (() => Promise<void>)[] = [
      () => this.#push(),
      () => this.#pull(random.pick(own)),
      () => this.#pull(random.pick([...this.#world.images])),
      () => this.#mount(random.pick([...this.#world.images])),
      () => this.#retag(random.pick(own)),
      () => this.#attach(random.pick(own)),
      () => this.#bundle(),
      () => this.#delete(),
      () => this.#untag(random.pick(own)),
      () => this.#abandon(),
      () => this.#list(),
    ]
    return random.pick(steps)()
  }

  async #push(): Promise<void> {
    const random = this.#random
    const contents = [random.bytes(random.int(100, 20_000)), random.bytes(random.int(2, 500))]
    if (random.chance(0.6)) contents.push(random.pick(this.#common))
    await this.#publish(async () => {
      const parts: Part[] = []
      for (const content of contents) parts.push(await this.#pushBlob(content))
      return imageOf(parts)
    }, contents.map(sha256))
  }

  /** Takes another repository's blobs; where it loses them meanwhile, nothing comes of it. */
  async #mount(from: Image): Promise<void> {
    if (from.repo === this.#repo || from.blobs.length === 0) return
    const query = (blob: string) => `mount=${blob}&from=${from.repo}`
    const parts: Part[] = []
    for (const blob of from.blobs) {
      const path = `/v2/${this.#repo}/blobs/uploads/?${query(blob)}`
      const { status } = await this.#world.ask('POST', path, [201, 202])
      if (status === 202 && from.live) throw new Error(`${blob} of ${from.repo} could not be mounted`)
      if (status === 202) return
      const mounted = await this.#world.ask('HEAD', `/v2/${this.#repo}/blobs/${blob}`, [200, 404])
      if (mounted.status === 404 && !this.#isLate()) throw new Error(`${blob} was mounted and is gone`)
      if (mounted.status === 404) return
      const { headers } = mounted
      parts.push({ mediaType: LAYER, digest: blob, size: Number(headers.get('content-length')) })
    }
    const note = this.#random.bytes(100)
    await this.#publish(
      async () => imageOf([await this.#pushBlob(note), ...parts]),
      [sha256(note), ...from.blobs],
    )
  }

  async #attach(subject: Image): Promise<void> {
    const content = this.#random.bytes(200)
    const { mediaType, digest, bytes } = subject
    const more = {
      artifactType: 'application/vnd.example.note',
      subject: { mediaType, digest, size: bytes.length },
    }
    await this.#publish(async () => imageOf([await this.#pushBlob(content)], more), [sha256(content)], {
      subject,
    })
    await this.#checkReferrers(subject)
  }

  /** An index, whose children cannot go before it. */
  async #bundle(): Promise<void> {
    const children = this.#own.filter((image) => image.mediaType === MANIFEST).slice(-2)
    const manifests = children.map(({ mediaType, digest, bytes }) => ({
      mediaType,
      digest,
      size: bytes.length,
    }))
    const annotations = { random: this.#random.bytes(8).toString('hex') }
    const index = { schemaVersion: 2, mediaType: INDEX, manifests, annotations }
    await this.#publish(async () => Buffer.from(JSON.stringify(index)), [], { children, mediaType: INDEX })
  }

  async #publish(
    make: () => Promise<Buffer<ArrayBuffer>>,
    blobs: readonly string[],
    more: { children?: readonly Image[]; subject?: Image; mediaType?: string } = {},
  ): Promise<void> {
    const bytes = await make()
    const { mediaType = MANIFEST, children = [], subject } = more
    const digest = sha256(bytes)
    const tag = this.#random.chance(0.6) ? `t${this.#random.int(0, 9)}` : undefined
    const image: Image = {
      ...{ repo: this.#repo, digest, mediaType, bytes, blobs, children, tags: new Set(), live: true },
      ...(subject && { subject }),
    }
    try {
      await this.#put(image, tag)
    } catch (error) {
      if (!this.#isLate()) throw error
      // An earlier try that was cut off may have written it all the same.
      if (tag !== undefined) for (const other of this.#own) other.tags.delete(tag)
      await this.#world.ask('DELETE', `/v2/${this.#repo}/manifests/${digest}`, [202, 404])
      return
    }
    this.#own.push(image)
    this.#world.images.add(image)
  }

  /** On a busy machine a step may take longer than what it relies on is promised. */
  #isLate(): boolean {
    return this.#world.clock.now() - this.#began > PROMISE
  }

  async #put(image: Image, tag: string | undefined): Promise<void> {
    const { repo, digest, bytes: body, mediaType: type } = image
    await this.#world.ask('PUT', `/v2/${repo}/manifests/${tag ?? digest}`, [201], { body, type })
    if (tag === undefined) return
    for (const other of this.#own) other.tags.delete(tag)
    image.tags.add(tag)
  }

  async #retag(image: Image): Promise<void> {
    await this.#put(image, `t${this.#random.int(0, 9)}`)
    await this.#pull(image)
  }

  async #untag(image: Image): Promise<void> {
    const [tag] = image.tags
    if (tag === undefined) return
    const { status, disturbed } = await this.#world.ask(
      'DELETE',
      `/v2/${this.#repo}/manifests/${tag}`,
      [202, 404],
    )
    if (status === 404 && !disturbed) throw new Error(`the tag ${tag} is gone`)
    image.tags.delete(tag)
  }

  async #delete(): Promise<void> {
    const needed = new Set(this.#own.flatMap(({ children }) => children))
    const image = this.#random.pick(this.#own.filter((each) => !needed.has(each)))
    image.live = false
    this.#own = this.#own.filter((each) => each !== image)
    this.#world.images.delete(image)
    const path = `/v2/${this.#repo}/manifests/${image.digest}`
    const { status, disturbed } = await this.#world.ask('DELETE', path, [202, 404])
    if (status === 404 && !disturbed) throw new Error(`${image.digest} was gone before it was deleted`)
    if (this.#random.chance(0.7)) return
    const kept = new Set(this.#own.flatMap(({ blobs }) => blobs))
    // A collector may have been faster.
    for (const blob of image.blobs.filter((each) => !kept.has(each)))
      await this.#world.ask('DELETE', `/v2/${this.#repo}/blobs/${blob}`, [202, 404])
  }

  /** Bytes that nothing will refer to. */
  async #abandon(): Promise<void> {
    const content = this.#random.bytes(this.#random.int(1, 3_000))
    if (this.#random.chance(0.5)) return void (await this.#pushBlob(content))
    const { headers } = await this.#world.ask('POST', `/v2/${this.#repo}/blobs/uploads/`, [202])
    await this.#world.ask('PATCH', headers.get('location')!, [202, 404, 416], { body: content })
  }

  async #pull(image: Image): Promise<void> {
    const wrong = await this.#world.pull(image)
    if (wrong !== null) this.#world.wrong.push(wrong)
    if (image.repo !== this.#repo) return
    for (const tag of image.tags) {
      const { headers } = await this.#world.ask('HEAD', `/v2/${this.#repo}/manifests/${tag}`, [200])
      const digest = headers.get('docker-content-digest')
      if (digest !== image.digest) throw new Error(`${tag} names ${digest}, not ${image.digest}`)
    }
    await this.#checkReferrers(image)
  }

  async #checkReferrers({ digest }: Image): Promise<void> {
    const { bytes } = await this.#world.ask('GET', `/v2/${this.#repo}/referrers/${digest}`, [200])
    const { manifests } = JSON.parse(bytes.toString()) as { manifests: { digest: string }[] }
    const listed = new Set(manifests.map((each) => each.digest))
    for (const image of this.#own) {
      const missing = image.subject?.digest === digest && !listed.has(image.digest)
      if (missing) throw new Error(`${image.digest} is missing among the referrers of ${digest}`)
    }
  }

  async #list(): Promise<void> {
    const { bytes } = await this.#world.ask('GET', `/v2/${this.#repo}/tags/list`, [200])
    const { tags } = JSON.parse(bytes.toString()) as { tags: string[] }
    for (const tag of this.#own.flatMap((image) => [...image.tags]))
      if (!tags.includes(tag)) throw new Error(`the tag ${tag} is not listed`)
  }

  /** Pushes a blob in some way; as often as the registry dies meanwhile. */
  async #pushBlob(content: Buffer<ArrayBuffer>): Promise<Part> {
    const digest = sha256(content)
    for (let tries = 1; ; tries++) {
      try {
        await this.#upload(content, digest)
        return { mediaType: LAYER, digest, size: content.length }
      } catch (error) {
        if (!(error instanceof Unexpected && error.disturbed) || tries >= TRIES) throw error
      }
    }
  }

  async #upload(content: Buffer<ArrayBuffer>, digest: string): Promise<void> {
    const world = this.#world
    const uploads = `/v2/${this.#repo}/blobs/uploads/`
    const way = this.#random.pick(['single', 'whole', 'chunked'] as const)
    if (way === 'single') {
      await world.ask('POST', `${uploads}?digest=${digest}`, [201], { body: content })
      return
    }
    const kills = world.kills
    const since = world.clock.now()
    const begun = await world.ask('POST', uploads, [202])
    let { disturbed } = begun
    let location = begun.headers.get('location')!
    const half = way === 'chunked' ? Math.floor(content.length / 2) : 0
    try {
      if (half > 0) {
        const range = `0-${half - 1}`
        const more = await world.ask('PATCH', location, [202], { body: content.subarray(0, half), range })
        location = more.headers.get('location')!
        disturbed ||= more.disturbed
      }
      const rest = { body: content.subarray(half) }
      await world.ask('PUT', `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`, [201], rest)
    } catch (error) {
      // Disturbed at an earlier request of this session, or too slow for it: it may be silent for half the grace period.
      const lost = disturbed || kills !== world.kills || world.clock.now() - since > PROMISE
      if (error instanceof Unexpected && lost) throw new Unexpected(error.message, true)
      throw error
    }
  }
}
