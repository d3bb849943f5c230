import type { Storage } from '../storage/index.ts'
import { observed } from './observed.ts'
import { redactorFor } from './redact.ts'

/** Looks into single requests, which ask for it by a header. */
export interface Inspector {
  /**
   * A request has come in. What this or the function that it returns throws is ignored.
   * @returns what takes its checkpoints, values as they are, secrets and all; nothing unless it is to be inspected.
   */
  begin(request: Request, requestId: string): ((label: string, value?: unknown) => void) | undefined
  /** The same storage, each call of which is a checkpoint `storage` of the request that it is made for. */
  observe(storage: Storage): Storage
}

/** Something on the way of a request. */
export interface Checkpoint {
  /** That of the context, and of the line in the log. */
  readonly requestId: string
  /** What the header said, up to 100 characters: tests put their names there. */
  readonly test: string
  /** Of the server: `request`, `action`, `subject`, `access`, `error`, `answer`, `storage`; others are somebody's own. */
  readonly label: string
  /** A copy without secrets and of bounded size, JSON all of it; absent if nothing was given. */
  readonly value?: unknown
  /** Since the request began, in milliseconds. */
  readonly ms: number
}

/** How requests are chosen, and where their checkpoints go. */
export interface InspectorOptions {
  /** The header that asks for it; whatever it says (`x-oci-conformance-test`). */
  header?: string
  /**
   * Gets each checkpoint, at once and within the call that makes it: a debugger that stops here shows who that is. What
   * it throws is ignored.
   */
  to: (checkpoint: Checkpoint) => void
}

/** Whoever may send requests may send the header: a request has no more. */
const MAX_CHECKPOINTS = 1000
const MAX_TEST = 100

/**
 * Traces the requests that have a header: what the server makes of them, each call of the storage, and the checkpoints
 * that drivers, wrappers and authorisers set with `context.inspect?.(label, value)`. Secrets are redacted: credentials of the
 * request wherever they occur, fields that are called like secrets, signatures in URLs, upload ids.
 *
 * @example
 * ```ts
 * import { inspector, memory, ocikit, open } from 'ocikit'
 *
 * const inspect = inspector({ to: ({ label }) => console.log(label) })
 * const kit = ocikit({ storage: memory(), auth: open(), inspect })
 * await kit.fetch(new Request('http://localhost/v2/', { headers: { 'x-oci-conformance-test': 'ping' } }))
 * ```
 * @throws TypeError for a header that cannot be.
 */
export function inspector({ header = 'x-oci-conformance-test', to }: InspectorOptions): Inspector {
  if (!/^[\w-]+$/.test(header))
    throw new TypeError('the header of the inspector must be a name, as in x-inspect')
  return {
    begin(request, requestId) {
      const asked = request.headers.get(header)
      if (asked === null) return undefined
      const redact = redactorFor(request)
      const test = String(redact(asked)).slice(0, MAX_TEST)
      const since = performance.now()
      let count = 0
      return (label, value) => {
        if (++count > MAX_CHECKPOINTS) return
        const ms = Math.round((performance.now() - since) * 10) / 10
        const shown = value === undefined ? {} : { value: redact(value) }
        to({ requestId, test, label: String(redact(label)), ...shown, ms })
      }
    },
    observe: (storage) =>
      observed(storage, ({ call, operation, target, outcome, milliseconds }) =>
        call?.context?.inspect?.('storage', { operation, target, outcome, ms: milliseconds }),
      ),
  }
}
