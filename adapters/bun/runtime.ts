/**
 * The little of Bun that is used, so that nobody needs Bun's types, which redeclare the globals of others.
 * @module
 */

/** The part of Bun's own server that is used. */
export interface NativeServer {
  /** The port that it listens on. */
  readonly port: number
  /** Requests that are not answered to their end. */
  readonly pendingRequests: number
  /** Where a request comes from; `null` once the client is gone. */
  requestIP(request: Request): { readonly address: string } | null
  /** How long the connection of a request may be idle from now on, in seconds: at most 255, 0 for ever. */
  timeout(request: Request, seconds: number): void
  /** Accepts no further connection; with `true`, also cuts those that there are. */
  stop(closeActiveConnections?: boolean): Promise<void>
}

/** A file, or a part of one. */
interface BunFile extends Blob {
  slice(start: number, end: number): BunFile
}

interface NativeOptions {
  readonly hostname: string
  readonly port: number
  readonly idleTimeout: number
  readonly maxRequestBodySize: number
  readonly development: boolean
  fetch(request: Request, server: NativeServer): Promise<Response>
  error(error: unknown): Response
}

interface Bun {
  serve(options: NativeOptions): NativeServer
  file(path: string): BunFile
}

/** Bun's global. @throws TypeError elsewhere. */
export function bun(): Bun {
  const found = (globalThis as { Bun?: Bun }).Bun
  if (!found) throw new TypeError('this is not Bun: use the adapter of your runtime')
  return found
}
