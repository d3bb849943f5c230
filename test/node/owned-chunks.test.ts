import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { listen } from '../../adapters/node/testing.ts'
import { fs } from '../../adapters/storage/fs/fs.ts'
import { createStore, passThrough, type Registry } from '../../src/index.ts'
import type { Digest } from '../../src/oci/index.ts'

const bytes = randomBytes(700_000)
const digest: Digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** Serves a store in a folder, wrapped, and pushes the bytes as docker does. */
async function pushThrough(wrap: (store: Registry) => Registry): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ocikit-'))
  const storage = await fs(join(folder, 'data'), { sync: false })
  onTestFinished(async () => {
    await storage.close?.()
    await rm(folder, { recursive: true })
  })
  await using registry = await listen({ registry: wrap(createStore({ storage })) })
  const begun = await registry.fetch('/v2/a/blobs/uploads/', { method: 'POST' })
  const patched = await registry.fetch(begun.headers.get('location')!, {
    method: 'PATCH',
    // Undeclared, in chunks of other sizes than the socket's.
    body: new Blob([bytes]).stream(),
    duplex: 'half',
  } as RequestInit)
  expect(patched.status).toBe(202)
  const end = `${patched.headers.get('location')}?digest=${digest}`
  expect((await registry.fetch(end, { method: 'PUT' })).status).toBe(201)
  const pulled = await registry.fetch(`/v2/a/blobs/${digest}`)
  expect(
    createHash('sha256')
      .update(await pulled.bytes())
      .digest('hex'),
  ).toBe(digest.slice(7))
}

test('chunks that nobody else has may be freed', () => pushThrough((store) => store))

test('a wrapper that keeps the chunks of a body has them whole, though the storage frees its own', async () => {
  const kept: Uint8Array[] = []
  await pushThrough((store) =>
    passThrough(store, {
      async writeUpload(repo, id, body, options) {
        const [mine, theirs] = (body as ReadableStream<Uint8Array>).tee()
        const [upload] = await Promise.all([
          store.writeUpload(repo, id, theirs, options),
          (async () => {
            for await (const chunk of mine) kept.push(chunk)
          })(),
        ])
        return upload
      },
    }),
  )
  expect(createHash('sha256').update(Buffer.concat(kept)).digest('hex')).toBe(digest.slice(7))
})
