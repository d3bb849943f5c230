import { describe, expect, test } from 'vitest'
import { readOnly, select, unify } from '../../src/compose/index.ts'
import { defineRegistry, passThrough, REGISTRY_METHODS, RegistryError } from '../../src/index.ts'
import { indexOf } from '../../src/testing/registry/samples.ts'
import { all } from '../../src/testing/registry/scope.ts'
import { noise, probe } from '../../src/testing/storage/scope.ts'
import { digestOf, failureOf } from '../client/wire.ts'
import { pushIndex, store } from './stores.ts'

const INDEX = 'application/vnd.oci.image.index.v1+json'

describe('unify', () => {
  const failing = (status: number) =>
    passThrough(
      store(),
      Object.fromEntries(
        REGISTRY_METHODS.map((method) => [
          method,
          () => Promise.reject(new RegistryError('UNAVAILABLE', 'down', { status })),
        ]),
      ),
    )

  test('what one has, all have; missing is missing everywhere, and down is not missing', async () => {
    const [one, two] = [store(), store()]
    const digest = await pushIndex(two, 'a', 'latest')
    for (const read of ['inTurn', 'atOnce'] as const) {
      expect((await unify([one, two], { read }).getManifest('a', 'latest')).descriptor.digest).toBe(digest)
      expect((await unify([failing(503), two], { read }).getManifest('a', 'latest')).descriptor.digest).toBe(
        digest,
      )
      expect((await failureOf(unify([one, two], { read }).getManifest('a', 'x'))).status).toBe(404)
      expect((await failureOf(unify([one, failing(503)], { read }).getManifest('a', 'x'))).status).toBe(503)
    }
  })

  test('registries that disagree on a tag, asked at once', async () => {
    const [one, two] = [store(), store()]
    await pushIndex(one, 'a', 'latest', '1')
    await pushIndex(two, 'a', 'latest', '2')
    expect(
      (await failureOf(unify([one, two], { read: 'atOnce' }).resolveManifest('a', 'latest'))).status,
    ).toBe(409)
    const { digest } = await one.resolveManifest('a', 'latest')
    expect((await unify([one, two]).resolveManifest('a', 'latest')).digest).toBe(digest)
  })

  test('docker 1.17: a change that only some have made says which', async () => {
    const [one, two] = [store(), store()]
    const registry = unify([one, readOnly(two), failing(503)])
    const error = await failureOf(pushIndex(registry, 'a', 'latest'))
    expect(error).toMatchObject({
      code: 'UNSUPPORTED',
      status: 405,
      detail: {
        done: [0],
        failed: [
          { registry: 1, code: 'UNSUPPORTED' },
          { registry: 2, code: 'UNAVAILABLE' },
        ],
      },
    })
    expect(await all(one.tags('a'))).toEqual(['latest'])
  })

  test('a delete needs one that has it', async () => {
    const [one, two] = [store(), store()]
    await pushIndex(two, 'a', 'latest')
    const registry = unify([one, two])
    await registry.deleteTag('a', 'latest')
    expect((await failureOf(registry.deleteTag('a', 'latest'))).status).toBe(404)
  })

  test('docker 2.7f: lists are merged as they are read, no further than they are wanted', async () => {
    let read = 0
    const endless = (step: number) =>
      defineRegistry({
        async *tags() {
          for (let i = 0; ; i += step) {
            read++
            yield String(i).padStart(6, '0')
          }
        },
      })
    const found = await all(unify([endless(2), endless(3)]).tags('a', { limit: 5 }))
    expect(found).toEqual(['000000', '000002', '000003', '000004', '000006'])
    expect(read).toBeLessThan(12)
  })

  test('a blob goes to all at the speed of the slowest, with a chunk in hand', async () => {
    const bytes = noise(600_000)
    const body = probe(bytes)
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    let taken = 0
    const slow = defineRegistry({
      async pushBlob(_, { digest }, stream) {
        const reader = (stream as ReadableStream<Uint8Array>).getReader()
        taken += (await reader.read()).value!.length
        await gate
        for (let next = await reader.read(); !next.done; next = await reader.read())
          taken += next.value.length
        return { mediaType: 'application/octet-stream', digest, size: taken }
      },
    })
    const fast = store()
    const digest = digestOf(bytes)
    const pushed = unify([fast, slow]).pushBlob('a', { digest }, body.stream)
    let isExhausted = false
    void body.exhausted.then(() => {
      isExhausted = true
    })
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(isExhausted).toBe(false)
    release()
    expect((await pushed).size).toBe(600_000)
    expect(taken).toBe(600_000)
    expect((await fast.resolveBlob('a', digest)).size).toBe(600_000)
  })

  test('one that refuses does not hold up the others', async () => {
    const one = store()
    const bytes = noise(300_000)
    const digest = digestOf(bytes)
    const error = await failureOf(
      unify([one, readOnly(store())]).pushBlob('a', { digest }, probe(bytes).stream),
    )
    expect(error).toMatchObject({ code: 'UNSUPPORTED', detail: { done: [0] } })
    expect((await one.resolveBlob('a', digest)).size).toBe(300_000)
  })

  test('referrers of a repository that one of them does not show', async () => {
    const [one, two] = [store(), store()]
    const subject = await pushIndex(two, 'a', 'latest')
    const { bytes, mediaType, digest } = await indexOf([], {
      subject: { mediaType: INDEX, digest: subject, size: 2 },
      artifactType: 'a/b',
    })
    await two.pushManifest('a', bytes, mediaType)
    const hidden = select(one, () => false)
    const found = await all(unify([hidden, two]).referrers('a', subject))
    expect(found.map(({ descriptor }) => descriptor.digest)).toEqual([digest])
    expect((await failureOf(all(unify([hidden, hidden]).referrers('a', subject)))).code).toBe('NAME_UNKNOWN')
  })

  test('no registry at all', () => {
    expect(() => unify([])).toThrow(TypeError)
  })
})
