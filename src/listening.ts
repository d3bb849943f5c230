/**
 * What servers that listen have in common, on every runtime that has such servers.
 * @module
 */

/** Where a server listens. */
export interface ListenOptions {
  /** Where to listen (`127.0.0.1`: this machine only). */
  hostname?: string
  /** Where to listen; 0 takes a free port (5000). */
  port?: number
}

/** How a server ends. */
export interface CloseOptions {
  /** How long requests in flight may take to finish, in milliseconds; the rest is cut (30 s). */
  grace?: number
}

/** A listening server. `Native` is the runtime's own. */
export interface Listening<Native> extends AsyncDisposable {
  /** For example `http://127.0.0.1:5000`, without a slash at its end. */
  readonly url: string
  /** Where it listens, as it was given. */
  readonly hostname: string
  /** The port it really listens on. */
  readonly port: number
  /** The runtime's own server. */
  readonly server: Native
  /**
   * Accepts no further connection, closes idle ones, lets requests in flight finish, then resolves. The
   * registry stays open: close it afterwards. Repeated calls wait for the first.
   */
  close(options?: CloseOptions): Promise<void>
}

/** Where a server turned out to listen. */
interface Place {
  /** `http` or `https`. */
  readonly scheme: string
  readonly hostname: string
  readonly port: number
}

/** Makes a listening server of a runtime's own. `drain` ends that within a time in milliseconds; it runs once. */
export function listening<Native>(
  server: Native,
  { scheme, hostname, port }: Place,
  drain: (grace: number) => Promise<void>,
): Listening<Native> {
  let closed: Promise<void> | undefined
  const close = ({ grace = 30_000 }: CloseOptions = {}): Promise<void> => {
    closed ??= drain(grace)
    return closed
  }
  const url = `${scheme}://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
  return { url, hostname, port, server, close, [Symbol.asyncDispose]: close }
}

/** An error as registries answer it, for what goes wrong outside the handler. */
export function errorAnswer(status: number, code: string, message: string): Response {
  return Response.json(
    { errors: [{ code, message }] },
    { status, headers: { 'content-type': 'application/json' } },
  )
}
