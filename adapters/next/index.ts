/**
 * Serves a registry beside the other routes of a Next.js application, under `next start`.
 *
 * `api-handler.ts` is an API route of the Pages Router: the one for docker. `route-handlers.ts` are route handlers
 * of the App Router, whose answers lose their length. Nothing of Next is imported.
 *
 * @module
 */

export { type ApiHandler, type ApiHandlerOptions, toApiHandler } from './api-handler.ts'
export { type RouteHandler, type RouteHandlers, toRouteHandlers } from './route-handlers.ts'
