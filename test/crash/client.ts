/**
 * A client that pushes, mounts, tags, attaches and deletes for as long as the server answers.
 * @module
 */

import { ask, sha256 } from './http.ts'
import { keyOf } from './ledger.ts'
import { pushBlob, type Target } from './uploads.ts'

/** The repository in which all clients meet. */
const SHARED = 'crash/shared'
/** The tags that all clients fight for. */
const CONTESTED = ['latest', 'stable', 'v1'] as const

const TYPE = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
}

interface Image {
  readonly digest: string
  readonly blobs: readonly string[]
  readonly tag: string
}

/** One client: everything below its own repository is its own. */
export class Client {
  readonly repo: string
  readonly #target: Target
  #images: Image[] = []
  /** Manifests that are in the shared repository and stay there. */
  #shared: readonly string[] = []

  constructor(target: Target, number: number) {
    this.#target = target
    this.repo = `crash/client-${number}`
  }

  /** Goes on with what another one was told, if there is one. */
  succeeding(before: Client | undefined): this {
    if (before) this.#images = before.#images
    if (before) this.#shared = before.#shared
    return this
  }

  /** Works until a request fails. */
  async run(): Promise<never> {
    const { random } = this.#target
    for (;;) {
      await this.#push()
      if (random.chance(0.5)) await this.#share(random.pick(this.#images))
      if (random.chance(0.4)) await this.#attach(random.pick(this.#images))
      for (let i = random.int(0, 3); i > 0 && this.#shared.length > 0; i--) await this.#retag()
      if (this.#images.length > 1 && random.chance(0.3)) await this.#delete()
    }
  }

  async #push(): Promise<void> {
    const { random } = this.#target
    const blobs: { digest: string; size: number }[] = []
    for (const most of [2_000, 60_000, random.chance(0.1) ? 3_000_000 : 200_000]) {
      const bytes = random.bytes(random.int(1_000, most))
      blobs.push({ digest: await pushBlob(this.#target, this.repo, bytes), size: bytes.length })
    }
    const bytes = manifestOf(blobs)
    const image = {
      digest: sha256(bytes),
      blobs: blobs.map((blob) => blob.digest),
      tag: `t${random.int(0, 5)}`,
    }
    const byTag = random.chance(0.6)
    await this.#putManifest(this.repo, bytes, image.blobs, byTag ? image.tag : undefined)
    this.#images.push(image)
  }

  async #share({ digest, blobs }: Image): Promise<void> {
    const { url, ledger, random } = this.#target
    for (const blob of blobs) {
      await ledger.change({ keys: [keyOf.blob(SHARED, blob)], to: 'present' }, async () => {
        const from = random.chance(0.5) ? `&from=${this.repo}` : ''
        await ask('POST', `${url}/v2/${SHARED}/blobs/uploads/?mount=${blob}${from}`, 201)
      })
    }
    const { bytes } = ledger.manifests.get(digest)!
    await this.#putManifest(SHARED, bytes, blobs, random.pick(CONTESTED))
    this.#shared = [...this.#shared, digest]
  }

  async #retag(): Promise<void> {
    const { ledger, random } = this.#target
    const { bytes, blobs } = ledger.manifests.get(random.pick(this.#shared))!
    await this.#putManifest(SHARED, bytes, blobs, random.pick(CONTESTED))
  }

  async #attach(subject: Image): Promise<void> {
    const bytes = this.#target.random.bytes(500)
    const blob = { digest: await pushBlob(this.#target, this.repo, bytes), size: bytes.length }
    const { length } = this.#target.ledger.manifests.get(subject.digest)!.bytes
    const manifest = manifestOf([blob, blob], {
      mediaType: TYPE.manifest,
      digest: subject.digest,
      size: length,
    })
    await this.#putManifest(this.repo, manifest, [blob.digest], undefined, subject.digest)
  }

  /** An image of its own goes, with its tags; then maybe its blobs. */
  async #delete(): Promise<void> {
    const { url, ledger, random } = this.#target
    const image = random.pick(this.#images)
    this.#images = this.#images.filter((other) => other !== image)
    const tags = [...ledger.tags.keys()].filter(
      (key) => key.startsWith(`${this.repo} `) && ledger.history(key).at(-1)?.digest === image.digest,
    )
    const change = {
      keys: [keyOf.manifest(this.repo, image.digest)],
      to: 'absent' as const,
      tags: tags.map((key) => ({ key, digest: null })),
    }
    await ledger.change(change, async () => {
      await ask('DELETE', `${url}/v2/${this.repo}/manifests/${image.digest}`, 202)
    })
    for (const blob of random.chance(0.5) ? image.blobs : []) {
      await ledger.change({ keys: [keyOf.blob(this.repo, blob)], to: 'absent' }, async () => {
        await ask('DELETE', `${url}/v2/${this.repo}/blobs/${blob}`, 202)
      })
    }
  }

  async #putManifest(
    repo: string,
    bytes: Buffer<ArrayBuffer>,
    blobs: readonly string[],
    tag?: string,
    subject?: string,
  ): Promise<void> {
    const { url, ledger } = this.#target
    const digest = sha256(bytes)
    ledger.manifests.set(digest, { bytes, blobs })
    const keys = [keyOf.manifest(repo, digest), ...(subject ? [keyOf.referrer(repo, subject, digest)] : [])]
    const tags = tag === undefined ? [] : [{ key: keyOf.tag(repo, tag), digest }]
    await ledger.change({ keys, to: 'present', tags }, async () => {
      await ask('PUT', `${url}/v2/${repo}/manifests/${tag ?? digest}`, 201, {
        body: bytes,
        headers: { 'content-type': TYPE.manifest },
      })
    })
  }
}

function manifestOf(
  [config, ...layers]: readonly { digest: string; size: number }[],
  subject?: { mediaType: string; digest: string; size: number },
): Buffer<ArrayBuffer> {
  const manifest = {
    schemaVersion: 2,
    mediaType: TYPE.manifest,
    ...(subject && { artifactType: 'application/vnd.example.note' }),
    config: { mediaType: TYPE.config, ...config },
    layers: layers.map((layer) => ({ mediaType: TYPE.layer, ...layer })),
    ...(subject && { subject }),
  }
  return Buffer.from(JSON.stringify(manifest))
}
