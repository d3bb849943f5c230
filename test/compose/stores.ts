import { createStore, memory, type Registry } from '../../src/index.ts'
import { indexOf } from '../../src/testing/registry/samples.ts'

/** An empty registry. */
export const store = (): Registry => createStore({ storage: memory() })

/** Pushes the smallest manifest; `n` makes it another one. */
export async function pushIndex(registry: Registry, repo: string, tag: string, n = tag) {
  const index = await indexOf([], { annotations: { n } })
  await registry.pushManifest(repo, index.bytes, index.mediaType, { tags: [tag] })
  return index.digest
}
