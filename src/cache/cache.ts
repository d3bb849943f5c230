import { defineRegistry, type Registry } from '../registry.ts'
import { blobsThrough } from './blobs.ts'
import type { Cache } from './contract.ts'
import { flights } from './flights.ts'
import { openLedger } from './ledger.ts'
import { listsThrough } from './lists.ts'
import { manifestsThrough } from './manifests.ts'
import { type CacheOptions, type Core, checkCacheOptions } from './options.ts'
import { rememberOutages } from './outages.ts'
import { windows } from './window.ts'

const TTL = 60_000

/**
 * Reads through to another registry and keeps what was read.
 *
 * A blob or manifest is fetched once, however many ask for it at the same time: they get it as it comes, the last byte
 * when it was verified, and all the same error if it fails. It comes at the pace of the store: who is slow goes on from
 * what is stored, and who leaves changes nothing. A part of a blob is fetched as a part; when as many bytes were asked
 * for as it has, the whole is fetched beside. HEAD is a HEAD. A tag is asked for again after `ttl`; while the upstream
 * is busy, broken or gone, what is kept is served, with a warning. That something is not there is remembered for five
 * seconds at most. Tags and referrers are those of the upstream, or of the store while it is gone; repositories are
 * those of the store. Nothing can be written: `UNSUPPORTED`.
 *
 * @param store Keeps what is read, and accepts manifests whose blobs are not there (`sparse`). Of what others push into
 *   it nothing is removed, as long as they use repositories of their own.
 *
 * @example
 * ```ts
 * import { createStore, memory } from 'ocikit'
 * import { cache } from 'ocikit/cache'
 * import { createClient } from 'ocikit/client'
 *
 * const store = createStore({ storage: memory(), sparse: true })
 * const hub = cache(createClient('docker.io'), store, { ttl: 300_000, maxBytes: 50 * 1024 ** 3 })
 * await hub.close()
 * ```
 * @throws TypeError for numbers that make no sense.
 */
export function cache(upstream: Registry, store: Registry, options: CacheOptions = {}): Cache {
  checkCacheOptions(options)
  const { ttl = TTL, maxBytes = Number.POSITIVE_INFINITY, offline = false, records } = options
  const { now = Date.now, onError = () => {} } = options
  const fetching = new Set<AbortController>()
  const core: Core = {
    upstream,
    store,
    ttl,
    maxBytes,
    offline,
    now,
    onError,
    ledger: openLedger({ store, records, maxBytes, now, onError }),
    outages: rememberOutages(now),
    flights: flights(),
    openWindow: windows(),
    fetching,
  }
  const { idle, getBlob, resolveBlob } = blobsThrough(core)
  const wait = async (): Promise<void> => {
    await idle()
    await core.flights.idle()
    await core.ledger.idle()
  }
  return {
    ...defineRegistry({ getBlob, resolveBlob, ...manifestsThrough(core), ...listsThrough(core) }),
    idle: wait,
    async close() {
      for (const each of fetching) each.abort(new Error('the cache was closed'))
      await wait()
    },
  }
}
