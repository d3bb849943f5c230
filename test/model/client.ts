/**
 * Runs the calls of one client against a store, tells the history, and holds every answer to what is known.
 * @module
 */

import type { Store } from '../../src/engine/index.ts'
import { type Digest, RegistryError } from '../../src/oci/index.ts'
import type { Thing } from './history.ts'
import type { Op } from './programs.ts'
import { BLOBS, digestOf, MANIFESTS, REPOS, TAGS, WRONG } from './samples.ts'
import { KnownSession } from './sessions.ts'
import { upload } from './upload-client.ts'
import { Witness } from './witness.ts'
import type { World } from './world.ts'

export class Client {
  readonly #world: World
  readonly #witness: Witness
  readonly #store: Store

  constructor(world: World, store: Store) {
    this.#world = world
    this.#witness = new Witness(world)
    this.#store = store
  }

  async run(program: readonly Op[]): Promise<void> {
    for (const op of program) {
      await this.#world.scheduler.turn('next call')
      this.#witness.open(`> ${JSON.stringify(op)}`)
      let outcome = 'ok'
      try {
        await this.#perform(op)
        this.#witness.close(true)
      } catch (error) {
        outcome = `${error}`
        this.#witness.close(false, error)
      }
      this.#world.scheduler.mark(`< ${op.do}: ${outcome}`)
    }
  }

  async #perform(op: Op): Promise<void> {
    switch (op.do) {
      case 'clock':
        this.#world.now += op.seconds * 1000
        return
      case 'sweep':
        await this.#store.sweep()
        return
      case 'collect':
        await this.#world.collect()
        return
      case 'retain':
        await this.#store.retain()
        return
      case 'push':
      case 'mount':
      case 'head':
      case 'read':
      case 'delete blob':
        return this.#blob(op, REPOS[op.repo]!, digestOf(BLOBS[op.blob]!))
      case 'start': {
        const { id } = await this.#store.startUpload(REPOS[op.session]!)
        this.#world.sessions[op.session] = new KnownSession(
          REPOS[op.session]!,
          id,
          this.#world.now,
          op.session === 1,
        )
        return
      }
      case 'status':
      case 'write':
      case 'finish':
      case 'cancel': {
        return upload(this.#witness, this.#store, op, this.#world.sessions[op.session]!)
      }
      default:
        return this.#manifest(op, REPOS[op.repo]!)
    }
  }

  async #blob(op: Extract<Op, { blob: number }>, repo: string, digest: Digest): Promise<void> {
    const thing: Thing = `blob ${repo} ${digest}`
    const bytes = BLOBS[op.blob]!
    switch (op.do) {
      case 'push': {
        this.#witness.begin(thing, 'put')
        const blob = { digest: op.right ? digest : WRONG, ...(op.sized ? { size: bytes.length } : {}) }
        await this.#store.pushBlob(repo, blob, this.#witness.body(bytes, op.arrival))
        if (!op.right || op.arrival === 'broken') this.#world.violate(`a bad push succeeded: ${thing}`)
        return
      }
      case 'mount': {
        this.#witness.begin(thing, 'put')
        const from = REPOS[1 - op.repo]!
        const mounted = await this.#store.mountBlob(
          repo,
          digest,
          op.named ? { from } : { mayRead: () => true },
        )
        if (mounted) return
        this.#witness.absent(new RegistryError('BLOB_UNKNOWN', 'not mounted'), 'BLOB_UNKNOWN', [
          `blob ${from} ${digest}`,
        ])
        return
      }
      case 'head':
        await this.#store
          .resolveBlob(repo, digest)
          .catch((e) => this.#witness.absent(e, 'BLOB_UNKNOWN', [thing]))
        return this.#witness.seen(thing)
      case 'read': {
        const content = await this.#store
          .getBlob(repo, digest)
          .catch((e) => this.#witness.absent(e, 'BLOB_UNKNOWN', [thing]))
        if (digestOf(await content.bytes()) !== digest) this.#world.violate(`read other bytes: ${thing}`)
        // Reading promises nothing; without a collector everything stays.
        return this.#world.collects ? this.#witness.read(thing) : this.#witness.seen(thing)
      }
      case 'delete blob':
        this.#witness.begin(thing, 'delete')
        await this.#store
          .deleteBlob(repo, digest)
          .catch((e) => this.#witness.absent(e, 'BLOB_UNKNOWN', [thing]))
    }
  }

  async #manifest(
    op: Exclude<
      Op,
      { blob: number } | { session: number } | { do: 'clock' | 'sweep' | 'collect' | 'retain' }
    >,
    repo: string,
  ): Promise<void> {
    const tagOf = (tag: number): Thing => `tag ${repo} ${TAGS[tag]}`
    if (op.do === 'delete tag') {
      this.#witness.begin(tagOf(op.tag), 'delete')
      await this.#store
        .deleteTag(repo, TAGS[op.tag]!)
        .catch((e) => this.#witness.absent(e, 'MANIFEST_UNKNOWN', []))
      return
    }
    if (op.do === 'read tag') {
      const { descriptor, bytes } = await this.#store.getManifest(repo, TAGS[op.tag]!)
      if (digestOf(bytes) !== descriptor.digest) this.#world.violate(`read other bytes: ${tagOf(op.tag)}`)
      return this.#pulled(`manifest ${repo} ${descriptor.digest}`)
    }
    const { digest, bytes, mediaType, blobs, children } = MANIFESTS[op.manifest]!
    const thing: Thing = `manifest ${repo} ${digest}`
    switch (op.do) {
      case 'push manifest': {
        const needs = [
          ...blobs.map((blob): Thing => `blob ${repo} ${digestOf(BLOBS[blob]!)}`),
          ...children.map((child): Thing => `manifest ${repo} ${MANIFESTS[child]!.digest}`),
        ]
        this.#witness.begin(thing, 'put')
        for (const tag of op.tags) this.#witness.begin(tagOf(tag), 'put', digest)
        const tags = op.tags.map((tag) => TAGS[tag]!)
        await this.#store.pushManifest(repo, bytes, mediaType, { tags }).catch((error) => {
          // Which of several is missing does not matter: if all must be there, the answer is wrong.
          const now = this.#world.scheduler.time
          const { history, now: clock } = this.#world
          const all = needs.every((need) => history.mustBeThere(need, this.#witness.start, now, clock))
          return this.#witness.absent(error, 'MANIFEST_BLOB_UNKNOWN', all ? needs : [])
        })
        for (const need of needs) this.#witness.seen(need)
        return
      }
      case 'read manifest': {
        const read = await this.#store
          .getManifest(repo, digest)
          .catch((e) => this.#witness.absent(e, 'MANIFEST_UNKNOWN', [thing]))
        if (digestOf(read.bytes) !== digest) this.#world.violate(`read other bytes: ${thing}`)
        return this.#pulled(thing)
      }
      case 'referrers':
        for await (const { descriptor } of this.#store.referrers(repo, digest)) {
          if (!descriptor.digest) this.#world.violate('a referrer without a digest')
        }
        return
      case 'delete manifest':
        this.#witness.begin(thing, 'delete')
        await this.#store
          .deleteManifest(repo, digest)
          .catch((e) => this.#witness.absent(e, 'MANIFEST_UNKNOWN', [thing]))
    }
  }

  /** Reading promises nothing; without retention everything stays. */
  #pulled(manifest: Thing): void {
    if (this.#world.retains) this.#witness.read(manifest)
    else this.#witness.seen(manifest)
  }
}
