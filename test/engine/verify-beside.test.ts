import { expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { type CheckReport, checkStorage, createStore, memory, type Store } from '../../src/index.ts'
import { RegistryError } from '../../src/oci/index.ts'
import { inFolder } from '../storage/folder.ts'
import { expectWhole, pushImage } from './checking.ts'
import { bytes, collect, digestOf, push } from './stage.ts'

const CLIENTS = 4
const CHECKS = 5
/** What a client does at most: a check looks at all of it. */
const ROUNDS = 25
const REPOS = ['a', 'a/b', 'c']

/** A client that pushes by both ways, mounts, tags, attaches and deletes, until it is told to stop. */
async function client(store: Store, seed: number, stop: AbortSignal): Promise<void> {
  for (let i = 0; i < ROUNDS && !stop.aborted; i++) {
    const at = (n: number) => (seed * 7 + i * 3 + n) % 5
    const repo = REPOS[(seed + i) % REPOS.length]!
    const other = REPOS[(seed + i + 1) % REPOS.length]!
    try {
      const config = await push(store, repo, '{}')
      const layer = await push(store, repo, `layer ${at(0)}`)
      const streamed = digestOf(`streamed ${at(1)}`)
      const { id } = await store.startUpload(repo)
      const written = await store.writeUpload(repo, id, bytes('streamed '))
      await store.finishUpload(repo, written.id, streamed, { body: bytes(`${at(1)}`) })
      const image = await pushImage(store, repo, config, [layer, streamed], { tags: [`t${at(2)}`] })
      await store.mountBlob(other, layer, { from: repo })
      const subject = { mediaType: 'a/b', digest: image, size: 1 }
      const attached = await pushImage(store, repo, config, [], { subject })
      if (at(3) === 0) await store.deleteManifest(repo, attached)
      if (at(4) === 1) await store.deleteManifest(repo, image)
      if (at(4) === 2) await store.deleteTag(repo, `t${at(2)}`)
    } catch (error) {
      // Somebody else was faster to delete.
      if (!(error instanceof RegistryError) || error.status !== 404) throw error
    }
    // Others must have a turn, the check above all.
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test.each([
  ['memory', async () => ({ storage: memory(), dispose: async () => {} })],
  ['a folder', () => inFolder((folder) => fs(folder, { sync: false }))],
] as const)('checks of %s beside clients find nothing, one after the other', async (_, make) => {
  const { storage, dispose } = await make()
  const store = createStore({ storage })
  const stop = new AbortController()
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, seed) => client(store, seed, stop.signal)))
  const reports: CheckReport[] = []
  try {
    while (reports.length < CHECKS) {
      const report = await checkStorage(storage, { repair: reports.length % 2 === 1 })
      expect(report.findings).toEqual([])
      reports.push(report)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  } finally {
    stop.abort()
    await clients
  }
  expect(Math.max(...reports.map(({ manifests }) => manifests))).toBeGreaterThan(5)
  const end = await checkStorage(storage, { now: () => Date.now() + 30 * 60_000 })
  expectWhole(end)
  expect((await collect(store.repositories())).length).toBe(REPOS.length)
  await dispose()
})
