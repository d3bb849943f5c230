import { createStore, memory, type Quota, type Store } from '../../src/index.ts'
import type { Storage } from '../../src/storage/index.ts'

export const TEAM: Quota = { prefix: 'team', bytes: 100, manifests: 3 }

/** A storage, a clock, and stores with quotas over it. */
export function quotaStage(...quotas: Quota[]) {
  let time = Date.UTC(2026, 0, 15, 12)
  const storage = memory({ now: () => time })
  const open = (own: readonly Quota[] = quotas, inner: Storage = storage): Store =>
    createStore({ storage: inner, quotas: own, now: () => time })
  const pass = (ms: number): void => {
    time += ms
  }
  return { store: open(), open, storage, pass, now: () => time }
}

/** Bytes and manifests of each quota. */
export const used = async (store: Store) =>
  (await store.usage()).quotas.map(({ bytes, manifests }) => [bytes, manifests])
