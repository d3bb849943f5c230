import type { DenoKv, DenoKvAtomic } from './deno-types.ts'

/** How long a commit is tried again, in milliseconds: others hold a file for a moment only. */
const PATIENCE = 10_000
/** Longest wait between two tries. */
const WAIT = 40

/**
 * The same database. A commit that finds its file locked by another process is tried again after a random wait: nothing of
 * it was written then (https://www.sqlite.org/rescode.html#busy). On Deno Deploy there is no file.
 */
export function patient(kv: DenoKv): DenoKv {
  return {
    get: (key) => kv.get(key),
    getMany: (keys) => kv.getMany(keys),
    list: (range, options) => kv.list(range, options),
    atomic: () => {
      const atomic = kv.atomic()
      return {
        check: (wanted) => atomic.check(wanted),
        set: (key, value) => atomic.set(key, value),
        delete: (key) => atomic.delete(key),
        commit: () => commit(atomic),
      }
    },
  }
}

async function commit(atomic: DenoKvAtomic): ReturnType<DenoKvAtomic['commit']> {
  const end = performance.now() + PATIENCE
  for (;;) {
    try {
      return await atomic.commit()
    } catch (error) {
      const isBusy = error instanceof Error && error.message.includes('database is locked')
      if (!isBusy || performance.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.random() * WAIT))
    }
  }
}
