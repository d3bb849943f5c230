import { RegistryError } from '../oci/index.ts'
import type { Registry } from '../registry.ts'
import type { Storage } from '../storage/index.ts'

/** How long an answer may take, in milliseconds: probes of orchestrators wait a little longer. */
const PATIENCE = 5_000
/** Nothing is ever stored here. */
const NOWHERE = 'content/-/ready'

/** What is asked. */
interface Backend {
  readonly storage?: Storage
  readonly registry: Registry
}

/**
 * Resolves if the storage can be opened and answers: it is asked for something that is not there, which no cache knows. Of a registry
 * without one, the first repository is asked for; an error that the registry means counts as an answer.
 * @throws What the storage throws, or an error after 5 seconds.
 */
export function reach(backend: Backend | Promise<Backend>): Promise<void> {
  return inTime((signal) => ask(backend, signal))
}

/** @throws What `work` throws, or an error after 5 seconds, when its signal fires, too. */
export async function inTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(PATIENCE)
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('the storage does not answer')), { once: true })
  })
  return Promise.race([work(signal), late])
}

async function ask(backend: Backend | Promise<Backend>, signal: AbortSignal): Promise<void> {
  const { storage, registry } = await backend
  if (storage) await storage.contents.size(NOWHERE, { signal })
  else await firstOf(registry, signal)
}

async function firstOf(registry: Registry, signal: AbortSignal): Promise<void> {
  try {
    for await (const _ of registry.repositories({ limit: 1, signal })) return
  } catch (error) {
    if (!(error instanceof RegistryError && error.status < 500)) throw error
  }
}
