import { type Logger, passThrough, type Registry, type Store } from '../../../../src/index.ts'
import type { Storage } from '../../../../src/storage/index.ts'
import { UsageError } from '../../input/values.ts'
import type { Opener, Opening } from './kind.ts'
import { storeOf } from './store.ts'
import { type Surroundings, secretOf } from './surroundings.ts'

/** Registries of a configuration file, open. */
export interface OpenRegistry {
  /** What is to be served. */
  readonly registry: Registry
  /** Every store within it, to be kept up. */
  readonly stores: readonly Store[]
  /** Lets go of all that was opened. */
  close(): Promise<void>
}

/**
 * Opens what an expression describes. If a part of it cannot be opened, the others are closed again.
 * @throws `UsageError` that names the file and the place in it, as in `registry.registries[1]: ...`.
 */
export async function openRegistry(root: Opener, around: Surroundings): Promise<OpenRegistry> {
  const stores: Store[] = []
  const storages = new Map<Registry, Storage>()
  const closing: (() => Promise<void> | void)[] = []
  const close = async (): Promise<void> => {
    for (const last of closing.splice(0).reverse()) await quietly(last, around.logger)
  }
  const openAt = async (opener: Opener, place: string): Promise<Registry> => {
    const opening: Opening = {
      ...around,
      open: (inner, field) => openAt(inner, `${place}.${field}`),
      secret: (where, field) => {
        try {
          return secretOf(where, around)
        } catch (error) {
          throw placed(error, `${place}.${field}`)
        }
      },
      store: (storage, fields) => {
        if (storage.close) closing.push(() => storage.close?.())
        const store = storeOf(storage, fields, around)
        stores.push(store)
        storages.set(store, storage)
        return store
      },
      storageOf: (registry) => storages.get(registry),
      onClose: (last) => void closing.push(last),
    }
    try {
      return await opener(opening)
    } catch (error) {
      throw placed(error, place)
    }
  }
  try {
    // Not the store itself, if it is one: stores are kept up from the list of them.
    return { registry: passThrough(await openAt(root, 'registry'), {}), stores, close }
  } catch (error) {
    await close()
    if (error instanceof PlacedError) throw new UsageError(`--config ${around.file}: ${error.message}`)
    throw error
  }
}

/** What cannot be opened, with its place in the file. */
class PlacedError extends Error {}

/** An inner place is the better one. */
function placed(error: unknown, place: string): PlacedError {
  if (error instanceof PlacedError) return error
  const hint = error instanceof UsageError && error.hint !== undefined ? ` (${error.hint})` : ''
  const text = error instanceof Error ? error.message : String(error)
  return new PlacedError(`${place}: ${text}${hint}`)
}

async function quietly(close: () => Promise<void> | void, logger: Logger): Promise<void> {
  try {
    await close()
  } catch (error) {
    logger.error('closing a storage failed', { error })
  }
}
