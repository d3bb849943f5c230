import { expect, test } from 'vitest'
import { defineRegistry, RegistryError } from '../../src/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { textOf } from '../../src/testing/registry/samples.ts'

test('docker 1.24: an upload id of an upstream is one opaque segment, and comes back as it was', async () => {
  const upstream = 'https://upstream.test/v2/a/b/blobs/uploads/1?_state=x/y&z=%2F'
  const asked: string[] = []
  const { digest } = await textOf('abc')
  const registry = defineRegistry({
    startUpload: async () => ({ id: upstream, offset: 0 }),
    uploadStatus: async (_, id) => ({ id: `${id}&asked`, offset: asked.push(id) }),
    async writeUpload(_, id) {
      asked.push(id)
      throw new RegistryError('RANGE_INVALID', 'not there', { upload: { id: `${id}&again`, offset: 7 } })
    },
    async finishUpload(_, id) {
      asked.push(id)
      return { mediaType: 'application/octet-stream', digest, size: 3 }
    },
  })
  const { fetch } = testRegistry({ registry })
  const started = await fetch('/v2/a/b/blobs/uploads/', { method: 'POST' })
  const first = started.headers.get('location')!
  expect(/^\/v2\/a\/b\/blobs\/uploads\/[\w-]+$/.test(first)).toBe(true)
  const second = (await fetch(first)).headers.get('location')!
  const refused = await fetch(second, { method: 'PATCH', body: 'abc', headers: { 'content-range': '1-3' } })
  expect([refused.status, refused.headers.get('range')]).toEqual([416, '0-6'])
  const third = refused.headers.get('location')!
  expect((await fetch(`${third}?digest=${digest}`, { method: 'PUT' })).status).toBe(201)
  expect(asked).toEqual([upstream, `${upstream}&asked`, `${upstream}&asked&again`])
  // Nobody else's: neither forged nor of another repository.
  for (const path of ['/v2/a/b/blobs/uploads/x', first.replace('/a/b/', '/a/c/')])
    expect((await fetch(path)).status).toBe(404)
})
