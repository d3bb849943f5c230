/**
 * What goes wrong inside: told to the log, not to the client.
 * @module
 */

import { RegistryError } from '../oci/index.ts'
import type { LogFields, Logger } from './options.ts'

/** A 500 has an id, is logged with it, and shows nothing of the inside. */
export function internal(
  logger: Logger | undefined,
  request: Request,
  id: string,
  thrown: unknown,
): RegistryError {
  if (request.signal.aborted) return new RegistryError('UNKNOWN', 'the client went away', { status: 499 })
  log(logger, 'error', 'internal error', { id, error: textOf(thrown) })
  return new RegistryError('UNKNOWN', 'internal error: the log of the registry says more under this id', {
    detail: { id },
  })
}

/** Says why a request is refused: the line of the request has only the status. */
export function logRefusal(
  logger: Logger | undefined,
  id: string,
  { status, code, message }: RegistryError,
): void {
  log(logger, 'debug', 'refused', { id, status, code, why: message })
}

/** A logger that fails must not fail the request. */
export function log(
  logger: Logger | undefined,
  level: 'debug' | 'info' | 'error',
  message: string,
  fields: LogFields,
): void {
  try {
    logger?.[level](message, fields)
  } catch {}
}

/** What nobody will read is let go, so that the connection is not held by it. */
export async function discard(request: Request): Promise<void> {
  if (request.body && !request.bodyUsed && !request.body.locked) await request.body.cancel().catch(() => {})
}

function textOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  } catch {
    return 'something that has no text'
  }
}
