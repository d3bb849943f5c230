import { type EventHandlers, events, type RegistryEvent } from '../../src/compose/index.ts'
import { type Auth, memory, type Ocikit, ocikit } from '../../src/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import { until } from '../node/raw.ts'
import { digestOf, emptyIndex, LOREM, pushBlob, pushIndex } from '../server/http.ts'

const ann: Auth = {
  authenticate: () => ({ name: 'ann', groups: ['dev'] }),
  authorize: () => 'allow',
  challenge: () => null,
}
export const BLOB: Digest = digestOf(LOREM)
export const MANIFEST: string = emptyIndex('v1')
export const DIGEST: Digest = digestOf(MANIFEST)
/** A registry that tells, and all that it has told. */
export function world(handlers: EventHandlers = {}) {
  const before: RegistryEvent[] = []
  const after: RegistryEvent[] = []
  const logged: string[] = []
  const log = (message: string, fields = {}) => void logged.push(`${message} ${JSON.stringify(fields)}`)
  const storage = memory()
  const kit = ocikit({
    storage,
    auth: ann,
    logger: { debug: log, info: log, warn: log, error: log },
    events: events({
      before(event) {
        before.push(event)
        return handlers.before?.(event)
      },
      after(event) {
        after.push(event)
        return handlers.after?.(event)
      },
    }),
  })
  /** Forgets what is told of `seed`. */
  const clear = async (): Promise<void> => {
    // A blob, a manifest and its tag.
    await until(() => after.length >= 3)
    for (const list of [before, after, logged]) list.length = 0
  }
  return { kit, storage, before, after, logged, clear }
}

/** Pushes a blob and a manifest. */
export const seed = async (kit: Ocikit): Promise<void> => {
  await pushBlob(kit, 'a', LOREM)
  await pushIndex(kit, 'a', 'v1', { body: MANIFEST })
}
