/**
 * The little of Deno that is used, so that nobody needs Deno's types, which redeclare the globals of others. A test
 * holds it against the official types.
 * @module
 */

/** The part of Deno's own server that is used. */
export interface NativeServer {
  /** Where it listens. */
  readonly addr: { readonly port: number }
  /** Accepts no further connection, and resolves when requests in flight have finished. */
  shutdown(): Promise<void>
}

/** What Deno knows of a request. */
export interface RequestInfo {
  /** Where it comes from. */
  readonly remoteAddr: { readonly hostname: string }
}

/** How Deno serves. */
export interface NativeOptions {
  /** Where to listen. */
  readonly hostname: string
  /** Where to listen; 0 takes a free port. */
  readonly port: number
  /** What is answered when a handler throws. */
  onError(error: unknown): Response
  /** Without it Deno prints where it listens. */
  onListen(): void
}

/** A file. */
export interface NativeFile {
  /** All bytes from where it stands; closes it at the end. */
  readonly readable: ReadableStream<Uint8Array>
  /** What is known of it. */
  statSync(): { readonly size: number }
  /** Moves to a byte. @param whence 0: counted from the first. */
  seek(offset: number, whence: number): Promise<number>
  close(): void
}

/** Deno's global. */
export interface DenoRuntime {
  /** Opens a file to read it. */
  open(path: string): Promise<NativeFile>
  /** Listens. */
  serve(
    options: NativeOptions,
    handler: (request: Request, info: RequestInfo) => Promise<Response>,
  ): NativeServer
}

/** Deno's global. @throws TypeError elsewhere. */
export function deno(): DenoRuntime {
  const found = (globalThis as { Deno?: DenoRuntime }).Deno
  if (!found) throw new TypeError('this is not Deno: use the adapter of your runtime')
  return found
}
