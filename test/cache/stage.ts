/**
 * A cache between two registries of this process: what is asked of the upstream is written down, and a test may answer
 * in its place.
 * @module
 */

import { type Cache, type CacheOptions, cache } from '../../src/cache/index.ts'
import { type ClientOptions, createClient } from '../../src/client/index.ts'
import {
  type Content,
  type Context,
  createStore,
  memory,
  type Registry,
  type Store,
} from '../../src/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { configOf, imageOf, type Sample, sampleOf } from '../../src/testing/registry/samples.ts'

/** What a test does with a request to the upstream: answers it, breaks it, or lets it pass. */
type Hook = (request: Request, next: () => Promise<Response>) => Promise<Response>

/** An upstream over HTTP, without a network. */
export interface Upstream {
  /** To fill it. */
  readonly registry: Registry
  /** A client of it. */
  readonly client: Registry
  /** Its wire. */
  fetch(url: string, init: RequestInit): Promise<Response>
  /** Method and path of each request, since it was cleared. */
  readonly asked: string[]
  hook: Hook | undefined
}

export function upstream(options: ClientOptions = {}): Upstream {
  const kit = testRegistry()
  const asked: string[] = []
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    init.signal?.throwIfAborted()
    const request = new Request(url, init)
    asked.push(`${request.method} ${new URL(url).pathname}`)
    const next = () => kit.fetch(request)
    return there.hook ? there.hook(request, next) : next()
  }
  const there: Upstream = {
    registry: kit.registry,
    client: createClient('upstream.test', { fetch, retry: false, ...options }),
    fetch,
    asked,
    hook: undefined,
  }
  return there
}

/** A cache with what is around it. */
export interface Stage {
  readonly there: Upstream
  readonly storage: Storage
  readonly store: Store
  readonly cache: Cache
  readonly errors: unknown[]
  /** Another process over the same storage. */
  again(options?: CacheOptions): Cache
  /** Moves the clock. */
  pass(ms: number): void
}

export function stage(
  options: CacheOptions & { there?: Upstream; wrap?: (store: Store) => Registry } = {},
): Stage {
  const { there = upstream(), wrap = (store) => store, ...rest } = options
  let time = Date.UTC(2026, 0, 15)
  const now = () => time
  const storage = memory({ now })
  const store = createStore({ storage, sparse: true, now })
  const errors: unknown[] = []
  const onError = (error: unknown): void => void errors.push(error)
  const again = (more: CacheOptions = {}): Cache =>
    cache(there.client, wrap(store), { records: storage.records, now, onError, ...rest, ...more })
  return {
    there,
    storage,
    store,
    cache: again(),
    errors,
    again,
    pass: (ms) => {
      time += ms
    },
  }
}

/** Bytes that are like no other. */
export function blobOf(size: number): Promise<Sample> {
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return sampleOf(bytes)
}

/** Pushes an image of one layer; gives its manifest. */
export async function pushImage(
  registry: Registry,
  repo: string,
  tag: string,
  size = 1000,
): Promise<{ manifest: Sample; layer: Sample }> {
  const [config, layer] = [await configOf(`${repo}:${tag} ${crypto.randomUUID()}`), await blobOf(size)]
  for (const each of [config, layer]) await registry.pushBlob(repo, each, each.bytes)
  const manifest = await imageOf(config, [layer])
  await registry.pushManifest(repo, manifest.bytes, manifest.mediaType, { tags: [tag] })
  return { manifest, layer }
}

/** Reads a blob whole and tells what it is. */
export async function read(registry: Registry, repo: string, digest: Digest): Promise<Digest> {
  const content = await registry.getBlob(repo, digest)
  return (await sampleOf(await content.bytes(Number.POSITIVE_INFINITY))).digest
}

/** Whether something is kept. */
export async function isKept(store: Registry, repo: string, digest: Digest): Promise<boolean> {
  return store.resolveBlob(repo, digest).then(
    () => true,
    () => false,
  )
}

/** A context that collects warnings and what is deferred. */
export function contextOf(): { context: Context; warnings: string[]; deferred: Promise<unknown>[] } {
  const warnings: string[] = []
  const deferred: Promise<unknown>[] = []
  const context: Context = {
    requestId: 'r',
    subject: null,
    action: { endpoint: 'manifest', method: 'GET' },
    defer: (work) => void deferred.push(work),
    warn: (text) => void warnings.push(text),
  }
  return { context, warnings, deferred }
}

/** A response that stops in the middle until it is told how to go on. */
export function halting(response: Response, at: number): { response: Response; go(error?: Error): void } {
  let go: (error?: Error) => void = () => {}
  const halted = new Promise<Error | undefined>((resolve) => {
    go = resolve
  })
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const bytes = new Uint8Array(await response.arrayBuffer())
      if (at > 0) controller.enqueue(bytes.slice(0, at))
      const error = await halted
      if (error) return controller.error(error)
      controller.enqueue(bytes.slice(at))
      controller.close()
    },
  })
  return { response: new Response(body, response), go: (error) => go(error) }
}

/** A content whose bytes come from a stream. */
export function contentWith(digest: Digest, size: number, stream: ReadableStream<Uint8Array>): Content {
  return {
    descriptor: { mediaType: 'application/octet-stream', digest, size },
    stream: () => stream,
    bytes: async () => new Uint8Array(await new Response(stream).arrayBuffer()),
    [Symbol.asyncDispose]: async () => {},
  }
}
