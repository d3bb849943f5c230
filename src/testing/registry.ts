import { open } from '../auth/index.ts'
import { type Ocikit, type OcikitOptions, ocikit } from '../ocikit.ts'
import type { Registry } from '../registry.ts'
import { memory } from '../storage/index.ts'

/** A registry in this process, without a network. */
export interface TestRegistry extends AsyncDisposable {
  /** What is served, to fill it or to look into it. */
  readonly registry: Registry
  /** The handler. */
  readonly kit: Ocikit
  /** Answers a request; a path is taken from the registry's root. */
  fetch(path: string | URL | Request, init?: RequestInit): Promise<Response>
  /** Lets go of the registry. */
  close(): Promise<void>
}

/**
 * A registry for tests: in memory and open to everybody, unless the options say otherwise. To listen on a port,
 * see `ocikit/testing/node`.
 *
 * @example
 * ```ts
 * import { testRegistry } from 'ocikit/testing'
 *
 * await using registry = testRegistry()
 * console.log((await registry.fetch('/v2/')).status) // 200
 * ```
 */
export function testRegistry(options: Partial<OcikitOptions> = {}): TestRegistry {
  const content = 'registry' in options ? {} : { storage: memory() }
  const kit = ocikit({ auth: open(), ...content, ...options } as OcikitOptions)
  const close = (): Promise<void> => kit.close()
  return {
    kit,
    registry: kit.registry,
    fetch: (path, init) =>
      kit.fetch(path instanceof Request ? path : new Request(new URL(path, 'http://registry.test'), init)),
    close,
    [Symbol.asyncDispose]: close,
  }
}
