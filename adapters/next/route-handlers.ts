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
  const handle: RouteHandler = (request) => kit.fetch(request)
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
