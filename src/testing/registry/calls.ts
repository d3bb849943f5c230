/**
 * What every call takes, last: a signal and a context. And what becomes of the streams that calls are given.
 * @module
 */

import type { CallOptions, Context } from '../../registry.ts'
import { noise, probe, utf8 } from '../storage/scope.ts'
import { indexOf, sampleOf, unknownDigest } from './samples.ts'
import { all, type RegistryTests } from './scope.ts'

/** Signals, contexts and bodies. */
export const callTests: RegistryTests = {
  'calls: a signal that has fired stops each that reads': async (scope) => {
    const { registry, repo, pushImage, expect } = scope
    const { image, layer } = await pushImage(['latest'])
    const upload = await registry.startUpload(repo)
    const options: CallOptions = { signal: AbortSignal.abort(new Error('too late')) }
    const going = await notRejected({
      getBlob: async () => (await registry.getBlob(repo, layer.digest, options)).bytes(),
      resolveBlob: () => registry.resolveBlob(repo, layer.digest, options),
      getManifest: () => registry.getManifest(repo, 'latest', options),
      resolveManifest: () => registry.resolveManifest(repo, image.digest, options),
      uploadStatus: () => registry.uploadStatus(repo, upload.id, options),
      tags: () => all(registry.tags(repo, options)),
      repositories: () => all(registry.repositories(options)),
      referrers: () => all(registry.referrers(repo, image.digest, options)),
    })
    expect(going).toEqual([])
  },

  'calls: a signal that has fired stops each that writes, before it does anything': async (scope) => {
    const { registry, repo, other, id, pushImage, push, blob, ...expected } = scope
    const { image, layer } = await pushImage(['latest'])
    const it = await push(await blob('not deleted'))
    const fresh = await blob('fresh')
    const index = await indexOf([], { annotations: { id } })
    const upload = await registry.startUpload(repo)
    const options: CallOptions = { signal: AbortSignal.abort(new Error('too late')) }
    const going = await notRejected({
      pushBlob: () => registry.pushBlob(repo, { digest: fresh.digest }, fresh.bytes, options),
      startUpload: () => registry.startUpload(repo, options),
      writeUpload: () => registry.writeUpload(repo, upload.id, utf8('x'), options),
      finishUpload: () =>
        registry.finishUpload(repo, upload.id, fresh.digest, { ...options, body: fresh.bytes }),
      cancelUpload: () => registry.cancelUpload(repo, upload.id, options),
      mountBlob: () => registry.mountBlob(other, layer.digest, { ...options, from: repo }),
      pushManifest: () =>
        registry.pushManifest(repo, index.bytes, index.mediaType, { ...options, tags: ['latest'] }),
      deleteBlob: () => registry.deleteBlob(repo, it.digest, options),
      deleteTag: () => registry.deleteTag(repo, 'latest', options),
      deleteManifest: () => registry.deleteManifest(repo, image.digest, options),
    })
    expected.expect(going).toEqual([])
    expected.expect((await registry.uploadStatus(repo, upload.id)).offset).toBe(0)
    await expected.expectNoBlob(fresh.digest)
    await expected.expectNoBlob(layer.digest, other)
    await expected.expectBlob(it)
    await expected.expectManifest('latest', image)
  },

  'calls: a signal stops a read on its way': async ({
    registry,
    repo,
    push,
    expectRejection,
    expectBlob,
  }) => {
    const it = await push(await sampleOf(noise(4_000_000, 19)))
    const abort = new AbortController()
    const content = await registry.getBlob(repo, it.digest, { signal: abort.signal })
    const reader = content.stream().getReader()
    await reader.read()
    abort.abort()
    const rest = async (): Promise<void> => {
      while (!(await reader.read()).done);
    }
    await expectRejection(rest())
    await expectBlob(it)
  },

  'calls: a signal stops a body that stalls, and nothing is stored': async (scope) => {
    const { registry, repo, expectRejection, expectNoBlob } = scope
    const it = await sampleOf(noise(100_000, 23))
    const abort = new AbortController()
    const body = probe(it.bytes, 'stall')
    const push = registry.pushBlob(repo, { digest: it.digest }, body.stream, { signal: abort.signal })
    await body.exhausted
    abort.abort(new Error('enough'))
    await expectRejection(push)
    await expectNoBlob(it.digest)
  },

  'calls: a body that is refused is cancelled': async ({ registry, repo, blob, expectRejection, expect }) => {
    const { id } = await registry.startUpload(repo)
    const { digest } = await blob()
    const long = noise(400_000, 29)
    const size = long.length
    const calls: [string, (stream: ReadableStream<Uint8Array>) => Promise<unknown>][] = [
      ['out of order', (body) => registry.writeUpload(repo, id, body, { offset: 5, size })],
      [
        'last bytes out of order',
        (body) => registry.finishUpload(repo, id, digest, { body, offset: 5, size }),
      ],
      ['unknown session', (body) => registry.writeUpload(repo, 'unknown', body)],
      ['end of an unknown session', (body) => registry.finishUpload(repo, 'unknown', digest, { body })],
      ['longer than its size', (body) => registry.writeUpload(repo, id, body, { size: 7 })],
      ['a blob longer than its size', (body) => registry.pushBlob(repo, { digest, size: 7 }, body)],
    ]
    const left: string[] = []
    for (const [name, call] of calls) {
      const body = probe(long, 'stall')
      await expectRejection(call(body.stream))
      // The cancel may come a little after the answer.
      for (let i = 0; i < 50 && !body.cancelled(); i++) await new Promise((done) => setTimeout(done, 10))
      if (!body.cancelled()) left.push(name)
    }
    expect(left).toEqual([])
  },

  'calls: the body of a finish that is repeated is cancelled or read': async (scope) => {
    const { registry, repo, expectBlob, expect } = scope
    const it = await sampleOf(noise(100_000, 31))
    const { id } = await registry.startUpload(repo)
    await registry.finishUpload(repo, id, it.digest, { body: it.bytes })
    const body = probe(it.bytes)
    await registry.finishUpload(repo, id, it.digest, { body: body.stream })
    for (let i = 0; i < 50 && !body.cancelled(); i++) {
      if ((await Promise.race([body.exhausted, 'not yet'])) !== 'not yet') break
      await new Promise((done) => setTimeout(done, 10))
    }
    const isRead = (await Promise.race([body.exhausted, 'not yet'])) !== 'not yet'
    expect(isRead || body.cancelled()).toBe(true)
    await expectBlob(it)
  },

  'calls: a context decides nothing': async ({ registry, repo, blob, pushIndex, expect, expectBlob }) => {
    const context = contextOf('ada')
    const it = await blob()
    await registry.pushBlob(repo, { digest: it.digest }, it.bytes, { context })
    await expectBlob(it)
    const { digest } = await pushIndex(['latest'])
    expect((await registry.resolveManifest(repo, 'latest', { context: contextOf('bob') })).digest).toBe(
      digest,
    )
    expect(await all(registry.tags(repo, { context }))).toEqual(['latest'])
    expect(await all(registry.referrers(repo, await unknownDigest(), { context }))).toEqual([])
  },

  'calls: an upload belongs to the subject that began it': async ({ registry, repo, expectCode, expect }) => {
    const ada = { context: contextOf('ada') }
    const { id } = await registry.startUpload(repo, ada)
    await registry.writeUpload(repo, id, utf8('hers'), ada)
    for (const options of [{}, { context: contextOf('bob') }])
      await expectCode(registry.writeUpload(repo, id, utf8('x'), options), 'BLOB_UPLOAD_UNKNOWN')
    expect((await registry.uploadStatus(repo, id, ada)).offset).toBe(4)
  },
}

/** The names of the calls that did not reject. */
async function notRejected(calls: Readonly<Record<string, () => Promise<unknown>>>): Promise<string[]> {
  const going: string[] = []
  for (const [name, call] of Object.entries(calls)) {
    await call().then(
      () => going.push(name),
      () => {},
    )
  }
  return going
}

function contextOf(name: string): Context {
  return {
    requestId: 'request',
    subject: { name },
    action: { endpoint: 'ping', method: 'GET' },
    defer() {},
    warn() {},
  }
}
