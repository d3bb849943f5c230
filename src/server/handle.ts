/**
 * One request: parse, authenticate, authorise, dispatch, respond. Catches everything.
 * @module
 */

import type { Auth } from '../auth/index.ts'
import { RegistryError } from '../oci/index.ts'
import type { Registry, Subject } from '../registry.ts'
import { accessesOf } from './access.ts'
import { serveBlob } from './blobs.ts'
import { actionOf, makeContext, warningHeaders } from './context.ts'
import { type Exchange, requireAccess } from './exchange.ts'
import { listExtensions, listReferrers, listRepositories, listTags } from './lists.ts'
import { serveManifest } from './manifests.ts'
import type { Host, LogFields, Logger } from './options.ts'
import { type ApiRequest, parseRequest } from './parse.ts'
import { type Asking, errorResponse, NO_STORE, withBody } from './respond.ts'
import type { Settings } from './settings.ts'
import { serveUpload, sessionHeaders, startUpload } from './uploads.ts'

/** What requests are handled with. */
export interface Service {
  readonly registry: Registry
  readonly auth: Auth
  readonly settings: Settings
  readonly logger: Logger | undefined
  /** For work without a host that waits for it. */
  readonly defer: (work: Promise<unknown>) => void
}

/** What is known of one request beside itself. */
export interface Surroundings {
  /** What the path begins with, without a slash at the end. */
  readonly basePath: string
  readonly address?: string | undefined
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined
  readonly respond?: Asking['respond']
  readonly body?: Host['body']
}

/** Answers a request to the registry. Never rejects. */
export async function handle(service: Service, request: Request, around: Surroundings): Promise<Response> {
  const started = performance.now()
  const trace: Trace = { id: crypto.randomUUID(), subject: null, warnings: [] }
  let response: Response
  try {
    if (request.bodyUsed) throw consumed()
    response = await answer(service, request, around, trace)
  } catch (error) {
    response = await failure(service, request, around, trace, error)
    // Where the runtime gave us the body, it also lets go of what was not read.
    if (!around.body) await discard(request)
  }
  response.headers.set('docker-distribution-api-version', 'registry/2.0')
  response.headers.set('x-content-type-options', 'nosniff')
  for (const value of warningHeaders([...service.settings.warnings, ...trace.warnings])) {
    response.headers.append('warning', value)
  }
  log(service, 'info', 'request', {
    id: trace.id,
    method: request.method,
    path: request.url.slice(request.url.indexOf('/', 8)),
    status: response.status,
    bytes: request.method === 'HEAD' ? 0 : Number(response.headers.get('content-length') ?? 0),
    ms: Math.round((performance.now() - started) * 10) / 10,
    subject: trace.subject?.name ?? '-',
    agent: request.headers.get('user-agent') ?? '-',
  })
  return response
}

/** A request's URL is normalised already, so there is nothing to parse again. */
function splitUrl(url: string): { path: string; query: URLSearchParams } {
  const [whole = ''] = url.split('#', 1)
  const start = whole.indexOf('/', whole.indexOf('://') + 3)
  const mark = whole.indexOf('?', start)
  if (mark < 0) return { path: whole.slice(start), query: new URLSearchParams() }
  return { path: whole.slice(start, mark), query: new URLSearchParams(whole.slice(mark)) }
}

/** What is found out on the way. */
interface Trace {
  readonly id: string
  subject: Subject | null
  warnings: readonly string[]
  api?: ApiRequest
}

async function answer(
  service: Service,
  request: Request,
  around: Surroundings,
  trace: Trace,
): Promise<Response> {
  const { registry, auth, settings } = service
  const { path, query } = splitUrl(request.url)
  const api = parseRequest(request.method, path.slice(around.basePath.length), settings.off)
  trace.api = api
  if ('name' in api && api.name !== undefined && !settings.permits(api.name)) throw notPermitted(api.name)
  trace.subject = await auth.authenticate(request)
  const { context, warnings } = makeContext(
    request,
    trace.id,
    trace.subject,
    actionOf(api, request.method, query),
    around.waitUntil ?? service.defer,
    around.address,
  )
  trace.warnings = warnings
  const accesses = accessesOf(api, request.method)
  await requireAccess(auth, accesses, context)
  const exchange: Exchange = {
    request,
    respond: around.respond,
    body: () => around.body?.(request) ?? request.body,
    registry,
    settings,
    context,
    query,
    call: { context, signal: request.signal },
    url: (path) => around.basePath + path,
    may: async (access) => (await auth.authorize(access, context)) === 'allow',
  }
  return dispatch(exchange, auth, api)
}

function dispatch(exchange: Exchange, auth: Auth, api: ApiRequest): Promise<Response> {
  switch (api.endpoint) {
    case 'ping':
      return ping(exchange, auth)
    case 'catalog':
      return listRepositories(exchange)
    case 'extensions':
      return listExtensions(exchange, api.name)
    case 'tags':
      return listTags(exchange, api.name)
    case 'referrers':
      return listReferrers(exchange, api.name, api.digest)
    case 'manifest':
      return serveManifest(exchange, api.name, api.reference)
    case 'blob':
      return serveBlob(exchange, api.name, api.digest)
    case 'uploads':
      return startUpload(exchange, api.name)
    case 'upload':
      return serveUpload(exchange, api.name, api.id)
  }
}

const EMPTY_OBJECT = new TextEncoder().encode('{}')

/** Docker and podman learn how to log in only here, so anonymous callers are challenged if there is a way. */
async function ping(exchange: Exchange, auth: Auth): Promise<Response> {
  const { context, settings } = exchange
  if (context.subject === null && auth.challenge(settings.realm, []) !== null) {
    throw new RegistryError('UNAUTHORIZED', 'authentication is required: log in')
  }
  const headers = { 'content-type': 'application/json', 'content-length': '2', 'cache-control': NO_STORE }
  return withBody(exchange, 200, headers, () => EMPTY_OBJECT)
}

async function failure(
  service: Service,
  request: Request,
  around: Surroundings,
  trace: Trace,
  thrown: unknown,
): Promise<Response> {
  const error = thrown instanceof RegistryError ? thrown : internal(service, request, trace, thrown)
  const accesses = trace.api ? accessesOf(trace.api, request.method) : []
  const name = trace.api && 'name' in trace.api ? trace.api.name : undefined
  const session =
    error.upload && name !== undefined
      ? sessionHeaders(
          { url: (path) => around.basePath + path, settings: service.settings },
          name,
          error.upload,
        )
      : {}
  const finish = (response: Response): Response =>
    request.method === 'HEAD' ? new Response(null, response) : response
  try {
    const challenge = error.status === 401 ? service.auth.challenge(service.settings.realm, accesses) : null
    const response = errorResponse(error, service.settings.formatError?.(error, request), {
      ...session,
      // `0-0` would say that there is a byte: regclient would go on after it.
      ...(error.upload?.offset === 0 ? { range: undefined } : {}),
      ...(challenge === null ? {} : { 'www-authenticate': challenge }),
    })
    return finish(response)
  } catch (cause) {
    // A custom error may hold what no header can.
    return finish(errorResponse(internal(service, request, trace, cause)))
  }
}

/** A 500 has an id, is logged with it, and shows nothing of the inside. */
function internal(service: Service, request: Request, trace: Trace, thrown: unknown): RegistryError {
  if (request.signal.aborted) return new RegistryError('UNKNOWN', 'the client went away', { status: 499 })
  log(service, 'error', 'internal error', { id: trace.id, error: textOf(thrown) })
  return new RegistryError('UNKNOWN', 'internal error: the log of the registry says more under this id', {
    detail: { id: trace.id },
  })
}

/** A logger that fails must not fail the request. */
function log(service: Service, level: 'info' | 'error', message: string, fields: LogFields): void {
  try {
    service.logger?.[level](message, fields)
  } catch {}
}

function textOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  } catch {
    return 'something that has no text'
  }
}

function notPermitted(name: string): RegistryError {
  return new RegistryError('NAME_INVALID', 'this registry does not permit repositories of this name', {
    detail: { name },
  })
}

function consumed(): RegistryError {
  return new RegistryError(
    'UNKNOWN',
    'the body of this request was read before the registry got it: mount the registry before body parsers',
    { status: 500 },
  )
}

/** What nobody will read is let go, so that the connection is not held by it. */
async function discard(request: Request): Promise<void> {
  if (request.body && !request.bodyUsed && !request.body.locked) await request.body.cancel().catch(() => {})
}

/** An answer for paths outside of the registry. */
export function notFound(): Response {
  return errorResponse(new RegistryError('NOT_FOUND', 'nothing is here: the registry is at /v2/'))
}
