import type { Ocikit } from '../../src/index.ts'

/** A handler of the App Router. What Next gives it beside the request is not used. */
export type RouteHandler = (request: Request) => Promise<Response>

/** What a `route.ts` exports: one handler for each method that Next knows. */
export interface RouteHandlers {
  /** Answers GET. */
  readonly GET: RouteHandler
  /** Answers HEAD. */
  readonly HEAD: RouteHandler
  /** Answers POST. */
  readonly POST: RouteHandler
  /** Answers PUT. */
  readonly PUT: RouteHandler
  /** Answers PATCH. */
  readonly PATCH: RouteHandler
  /** Answers DELETE. */
  readonly DELETE: RouteHandler
  /** Answers OPTIONS. */
  readonly OPTIONS: RouteHandler
}

/**
 * A registry as route handlers of the App Router, for `app/v2/[[...path]]/route.ts`; or below another folder, which
 * is then the `basePath` of the registry. `skipTrailingSlashRedirect: true` belongs into the configuration of Next:
 * without it, `/v2/` and the URL that begins an upload are redirected, and most clients cannot push.
 *
 * Next sends every answer of a route handler in chunks and without its `Content-Length`, to HEAD, too. Clients that
 * read a size there miss it: docker can neither push nor pull, since it asks for each layer that it has pushed and for
 * each manifest before it reads it; oras cannot pull; skopeo can do both. With `toApiHandler` all of them get every
 * header. What is served here knows no client's address, and methods other than the seven are answered by Next.
 *
 * The handler gets no `env`, so an option that is a function of it, such as `storage`, is called once, at the first
 * request: `next build` then opens nothing.
 *
 * @example
 * ```ts
 * import { memory, ocikit, open } from 'ocikit'
 * import { toRouteHandlers } from 'ocikit/next'
 *
 * const handlers = toRouteHandlers(ocikit({ storage: memory(), auth: open() }))
 * export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = handlers
 * ```
 */
export function toRouteHandlers(kit: Pick<Ocikit, 'fetch'>): RouteHandlers {
  const handle: RouteHandler = async (request) => {
    if (!request.body) return kit.fetch(request)
    const body = drained(request.body)
    const response = await kit.fetch(request, undefined, { body: () => body })
    if (!body.locked) await body.cancel()
    return response
  }
  return {
    GET: handle,
    HEAD: handle,
    POST: handle,
    PUT: handle,
    PATCH: handle,
    DELETE: handle,
    OPTIONS: handle,
  }
}

/**
 * A body that is read to its end even when it is cancelled: if Next is left with a part of one, it may never go on
 * reading that of another request (Next 16.4.5, one of a hundred). Node ends a request that takes too long.
 */
function drained(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const drain = async () => {
    while (!(await reader.read()).done);
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      // Not waited for: the answer may be there long before.
      cancel: () => void drain().catch(() => {}),
    },
    { highWaterMark: 0 },
  )
}
