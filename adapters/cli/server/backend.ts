import {
  type Logger,
  memory,
  type Ocikit,
  type Registry,
  retention,
  type Store,
  type StoreOptions,
} from '../../../src/index.ts'
import type { Storage } from '../../../src/storage/index.ts'
import type { Env } from '../input/flags.ts'
import { openMirrors } from './mirrors.ts'
import type { CliOptions } from './options.ts'
import { openRegistry } from './registry-expression/open.ts'
import { openStorage } from './storage.ts'
import { upkeep } from './upkeep.ts'

/** What `ocikit serve` serves, open. */
export interface Backend {
  /** For `ocikit()`. */
  readonly content: StoreOptions | { readonly registry: Registry }
  /** Where the token service keeps its keys: in memory, if a registry is made of others. */
  readonly storage: Storage
  /** Keeps up whatever stores there are. @returns ends it. */
  keepUp(kit: Ocikit, interval: number, logger: Logger): () => Promise<void>
  /** Lets go of all of it; to be called after `kit.close()`. */
  close(): Promise<void>
}

/** Opens a storage, or the registry that a configuration file describes. @throws `UsageError` */
export async function openBackend(options: CliOptions, env: Env, logger: Logger): Promise<Backend> {
  const { registry } = options
  if (registry) {
    const { file, open } = registry
    const opened = await openRegistry(open, { file, env, logger, grace: options.gcGrace })
    return {
      content: { registry: opened.registry },
      storage: memory(),
      keepUp: (kit, interval, log) => keepUpAll(kit, opened.stores, interval, log),
      close: opened.close,
    }
  }
  const { minFree } = options.watch
  const storage = await openStorage(options.data, env, minFree === undefined ? {} : { minFree })
  return {
    content: {
      storage,
      sparse: options.sparse,
      quotas: options.quotas,
      uploadExpiry: options.gcGrace,
      ...(options.retention && { retention: retention(options.retention) }),
      ...(options.mirrors && { mirrors: openMirrors(options.mirrors, env, logger) }),
    },
    storage,
    keepUp: upkeep,
    close: async () => storage.close?.(),
  }
}

/** Each store on its own: what one of them cannot do, the others can. */
function keepUpAll(
  kit: Ocikit,
  stores: readonly Store[],
  interval: number,
  logger: Logger,
): () => Promise<void> {
  const subjects = stores.map((store): Parameters<typeof upkeep>[0] => ({
    get readOnly() {
      return kit.readOnly
    },
    sweep: () => store.sweep(),
    retain: (_, retaining) => store.retain(retaining),
    collect: (_, collecting) => store.collect(collecting),
  }))
  const ends = [kit, ...subjects].map((subject) => upkeep(subject, interval, logger))
  return async () => {
    await Promise.all(ends.map((end) => end()))
  }
}
