/**
 * A listening registry for tests.
 * @module
 */

import { memory, type Ocikit, type OcikitOptions, ocikit, open, type Registry } from '../../src/index.ts'
import { type ServeOptions, serve } from './serve.ts'

/** Everything that `ocikit()` takes; memory and `open()` unless told otherwise. And how to listen. */
export type ListenOptions = Partial<OcikitOptions> & ServeOptions

/** A registry that listens. */
export interface ListeningRegistry extends AsyncDisposable {
  /** For example `http://127.0.0.1:41234`, without a slash at its end. */
  readonly url: string
  /** For image names: `127.0.0.1:41234`. */
  readonly host: string
  /** What is served, to fill it or to look into it. */
  readonly registry: Registry
  /** The handler. */
  readonly kit: Ocikit
  /** Sends a request; a path is taken from the registry's root. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** Ends the server and lets go of the registry. */
  close(): Promise<void>
}

/**
 * Starts a registry on 127.0.0.1, in memory, open to everybody, on a free port.
 *
 * @example
 * ```ts
 * import { listen } from 'ocikit/testing/node'
 *
 * await using registry = await listen()
 * console.log((await registry.fetch('/v2/')).status) // 200
 * ```
 */
export async function listen(options: ListenOptions = {}): Promise<ListeningRegistry> {
  const content = 'registry' in options ? {} : { storage: memory() }
  const kit = ocikit({ auth: open(), ...content, ...options } as OcikitOptions)
  const server = await serve(kit, { port: 0, ...options })
  const close = async () => {
    await server.close({ grace: 1000 })
    await kit.close()
  }
  return {
    url: server.url,
    host: new URL(server.url).host,
    registry: kit.registry,
    kit,
    fetch: (path, init) => fetch(new URL(path, server.url), init),
    close,
    [Symbol.asyncDispose]: close,
  }
}
