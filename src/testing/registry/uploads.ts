/**
 * Upload sessions that go well.
 * @module
 */

import { OCTET_STREAM } from '../../oci/index.ts'
import { noise, utf8 } from '../storage/scope.ts'
import { sampleOf, textOf } from './samples.ts'
import { type RegistryTests, streamOf } from './scope.ts'

/** From the start to the blob. */
export const uploadTests: RegistryTests = {
  'uploads: begin empty': async ({ registry, repo, expect }) => {
    const upload = await registry.startUpload(repo)
    expect(upload.offset).toBe(0)
    expect(upload.id.length > 0).toBe(true)
    expect((await registry.uploadStatus(repo, upload.id)).offset).toBe(0)
  },

  'uploads: each has an id of its own': async ({ registry, repo, expect }) => {
    const ids = await Promise.all([1, 2, 3, 4].map(async () => (await registry.startUpload(repo)).id))
    expect(new Set(ids).size).toBe(4)
  },

  'uploads: chunks that say where they begin': async ({ registry, repo, expect, expectBlob }) => {
    const it = await textOf('one, two, three')
    let { id } = await registry.startUpload(repo)
    let offset = 0
    for (const chunk of ['one, ', 'two, ', 'three']) {
      const next = await registry.writeUpload(repo, id, utf8(chunk), { offset, size: chunk.length })
      offset += chunk.length
      expect(next.offset).toBe(offset)
      id = next.id
    }
    const found = await registry.finishUpload(repo, id, it.digest)
    expect([found.digest, found.size]).toEqual([it.digest, 15])
    await expectBlob(it)
  },

  'uploads: chunks that do not': async ({ registry, repo, expectBlob }) => {
    const it = await textOf('one, two, three')
    let { id } = await registry.startUpload(repo)
    for (const chunk of ['one, ', 'two, ', 'three'])
      ({ id } = await registry.writeUpload(repo, id, streamOf(chunk)))
    await registry.finishUpload(repo, id, it.digest)
    await expectBlob(it)
  },

  'uploads: twelve chunks stay in order': async ({ registry, repo, id: unique, expectBlob }) => {
    const chunks = Array.from({ length: 12 }, (_, i) => `chunk ${i} of ${unique}; `)
    let { id } = await registry.startUpload(repo)
    for (const chunk of chunks) ({ id } = await registry.writeUpload(repo, id, utf8(chunk)))
    const it = await textOf(chunks.join(''))
    await registry.finishUpload(repo, id, it.digest)
    await expectBlob(it)
  },

  'uploads: the first id stays usable': async ({ registry, repo, expect, expectBlob }) => {
    const it = await textOf('first, second')
    const { id } = await registry.startUpload(repo)
    await registry.writeUpload(repo, id, utf8('first, '), { offset: 0 })
    await registry.writeUpload(repo, id, utf8('second'), { offset: 7 })
    expect((await registry.uploadStatus(repo, id)).offset).toBe(13)
    await registry.finishUpload(repo, id, it.digest)
    await expectBlob(it)
  },

  'uploads: a chunk of no bytes changes nothing': async ({ registry, repo, expect, expectBlob }) => {
    const it = await textOf('something')
    const { id } = await registry.startUpload(repo)
    expect((await registry.writeUpload(repo, id, utf8(''))).offset).toBe(0)
    await registry.writeUpload(repo, id, it.bytes)
    expect((await registry.writeUpload(repo, id, utf8(''))).offset).toBe(9)
    await registry.finishUpload(repo, id, it.digest)
    await expectBlob(it)
  },

  'uploads: the end may bring all bytes or the last ones': async ({ registry, repo, expectBlob }) => {
    for (const first of ['', 'first bytes, ']) {
      const it = await textOf(`${first}last bytes`)
      let { id } = await registry.startUpload(repo)
      if (first) ({ id } = await registry.writeUpload(repo, id, utf8(first)))
      const last = { body: utf8('last bytes'), offset: first.length, size: 10 }
      await registry.finishUpload(repo, id, it.digest, last)
      await expectBlob(it)
    }
  },

  'uploads: the end as a stream of unknown length': async ({ registry, repo, expectBlob }) => {
    const it = await textOf('first, last bytes')
    const { id } = await registry.startUpload(repo)
    await registry.writeUpload(repo, id, utf8('first, '))
    await registry.finishUpload(repo, id, it.digest, { body: streamOf('last', ' bytes') })
    await expectBlob(it)
  },

  'uploads: a blob of no bytes': async ({ registry, repo, expectBlob }) => {
    const it = await textOf('')
    const { id } = await registry.startUpload(repo)
    await registry.finishUpload(repo, id, it.digest)
    await expectBlob(it)
  },

  'uploads: sha512, announced or not': async ({ registry, repo, expectBlob }) => {
    for (const options of [{ algorithm: 'sha512' as const }, {}]) {
      const it = await textOf(`one, two ${JSON.stringify(options)}`, OCTET_STREAM, 'sha512')
      let { id } = await registry.startUpload(repo, options)
      ;({ id } = await registry.writeUpload(repo, id, it.bytes.slice(0, 3)))
      ;({ id } = await registry.writeUpload(repo, id, it.bytes.slice(3)))
      await registry.finishUpload(repo, id, it.digest)
      await expectBlob(it)
    }
  },

  'uploads: sha512 announced, sha256 in the end': async ({ registry, repo, expectBlob }) => {
    const it = await textOf('one, two')
    const { id } = await registry.startUpload(repo, { algorithm: 'sha512' })
    await registry.writeUpload(repo, id, it.bytes.slice(0, 3))
    await registry.finishUpload(repo, id, it.digest, { body: it.bytes.slice(3) })
    await expectBlob(it)
  },

  'uploads: a megabyte in chunks of odd sizes': async ({ registry, repo, expectBlob }) => {
    const it = await sampleOf(noise(1_000_003, 13))
    let { id, offset } = await registry.startUpload(repo)
    for (const size of [1, 65_536, 65_537, 300_000, 1_000_003]) {
      const chunk = it.bytes.slice(offset, offset + size)
      ;({ id, offset } = await registry.writeUpload(repo, id, chunk, { offset }))
      // One byte cannot be told from none in the status of a session over HTTP, so the sum is kept here.
      offset = Math.max(offset, size)
    }
    await registry.finishUpload(repo, id, it.digest)
    await expectBlob(it)
  },

  'uploads: a finished one may be finished again': async ({ registry, repo, expect, expectBlob }) => {
    const it = await textOf('first, last')
    const { id } = await registry.startUpload(repo)
    const { id: next } = await registry.writeUpload(repo, id, utf8('first, '))
    const last = { body: utf8('last'), offset: 7 }
    for (const each of [next, next, id]) {
      const found = await registry.finishUpload(repo, each, it.digest, last)
      expect([found.digest, found.size]).toEqual([it.digest, 11])
    }
    await expectBlob(it)
  },
}
