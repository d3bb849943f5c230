/**
 * One request: parse, authenticate, authorise, dispatch, respond. Catches everything.
 * @module
 */

import { type Access, type Auth, decide, sees } from '../auth/index.ts'
import type { RateLimiter } from '../limits/index.ts'
import { RegistryError } from '../oci/index.ts'
import type { Registry, Subject } from '../registry.ts'
import { accessesOf } from './access.ts'
import { serveBlob } from './blobs.ts'
import { actionOf, makeContext, warningHeaders } from './context.ts'
import { type Exchange, requireAccess } from './exchange.ts'
import { factsOf } from './facts.ts'
import { listExtensions, listReferrers, listRepositories, listTags } from './lists.ts'
import { serveManifest } from './manifests.ts'
import { hereOrElsewhere, meantBy } from './mirrors.ts'
import type { Host, Logger } from './options.ts'
import { type ApiRequest, parseRequest } from './parse.ts'
import { requireRate } from './rate.ts'
import { discard, internal, log, logRefusal } from './report.ts'
import { type Asking, errorResponse, NO_STORE, withBody } from './respond.ts'
import type { Settings } from './settings.ts'
import { beginTrace, bodyOf, type Trace, type Watchers } from './trace.ts'
import { serveUpload, sessionHeaders, startUpload } from './uploads.ts'
import { requireWritable, type Switches } from './writable.ts'

/** What requests are handled with. */
export interface Service extends Watchers {
  readonly registry: Registry
  readonly auth: Auth
  readonly settings: Settings
  readonly logger: Logger | undefined
  readonly switches: Switches
  readonly limiter?: RateLimiter | undefined
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
  const trace = beginTrace(service, request)
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
  if (trace.namespace) response.headers.set('oci-namespace', trace.namespace)
  for (const value of warningHeaders([...service.settings.warnings, ...trace.warnings])) {
    response.headers.append('warning', value)
  }
  trace.inspect?.('answer', { status: response.status, headers: response.headers })
  trace.measured?.end(request, response)
  log(service.logger, 'info', 'request', {
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

async function answer(
  service: Service,
  request: Request,
  around: Surroundings,
  trace: Trace,
): Promise<Response> {
  const { registry, auth, settings } = service
  const { path, query } = splitUrl(request.url)
  const parsed = parseRequest(request.method, path.slice(around.basePath.length), settings.off)
  const { api, namespace } = meantBy(parsed, query, settings.mirrors)
  trace.api = api
  trace.namespace = namespace
  trace.measured?.about(api.endpoint)
  requirePermitted(settings, api)
  const action = actionOf(api, request.method, query)
  trace.inspect?.('action', action)
  const facts = factsOf(settings, request, around, action)
  const defer = around.waitUntil ?? service.defer
  const contextOf = (subject: Subject | null) =>
    makeContext(request, trace.id, subject, action, defer, facts.address, trace.inspect)
  try {
    trace.subject = await auth.authenticate(request, facts)
  } catch (error) {
    // Wrong credentials count for the address that they come from, those of a ping, too: that is where one would guess.
    await requireRate(service.limiter, contextOf(null).context)
    throw error
  }
  trace.identified = true
  trace.inspect?.('subject', trace.subject)
  const { context, warnings } = contextOf(trace.subject)
  trace.warnings = warnings
  // Clients begin everything with a ping, and it costs nothing.
  if (api.endpoint !== 'ping') await requireRate(service.limiter, context)
  const accesses = accessesOf(api, request.method)
  await requireAccess(auth, accesses, context)
  trace.inspect?.('access', accesses)
  requireWritable(service.switches, request.method)
  const exchange: Exchange = {
    request,
    respond: around.respond,
    body: bodyOf(request, around, trace),
    registry,
    settings,
    context,
    query,
    call: { context, signal: request.signal },
    url: (path) => around.basePath + path,
    may: async (access) => (await decide(auth, access, context)) === 'allow',
    sees: (name) => sees(auth, name, context),
  }
  if (!settings.mirrors) return dispatch(exchange, auth, api)
  return hereOrElsewhere(exchange, api, async (found) => {
    if (found === api) return dispatch(exchange, auth, api)
    trace.api = found
    requirePermitted(settings, found)
    const asked = { ...context, action: actionOf(found, request.method, query) }
    await requireAccess(auth, accessesOf(found, request.method), asked)
    return dispatch({ ...exchange, context: asked, call: { ...exchange.call, context: asked } }, auth, found)
  })
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
  const { context, settings, request } = exchange
  if (context.subject === null && !hasToken(request) && auth.challenge(settings.realm, []) !== null) {
    throw new RegistryError('UNAUTHORIZED', 'authentication is required: log in')
  }
  const headers = { 'content-type': 'application/json', 'content-length': '2', 'cache-control': NO_STORE }
  return withBody(exchange, 200, headers, () => EMPTY_OBJECT)
}

/** A token for nobody is a right one, too, if it got so far. */
function hasToken(request: Request): boolean {
  return /^\s*bearer\s/i.test(request.headers.get('authorization') ?? '')
}

async function failure(
  service: Service,
  request: Request,
  around: Surroundings,
  trace: Trace,
  thrown: unknown,
): Promise<Response> {
  trace.inspect?.('error', thrown)
  const error = thrown instanceof RegistryError ? thrown : internal(service.logger, request, trace.id, thrown)
  logRefusal(service.logger, trace.id, error)
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
    const challenge = error.status === 401 ? challengeOf(service, request, around, trace, accesses) : null
    const response = errorResponse(error, service.settings.formatError?.(error, request), {
      ...session,
      // `0-0` would say that there is a byte: regclient would go on after it.
      ...(error.upload?.offset === 0 ? { range: undefined } : {}),
      ...(challenge === null ? {} : { 'www-authenticate': challenge }),
    })
    return finish(response)
  } catch (cause) {
    // A custom error may hold what no header can.
    return finish(errorResponse(internal(service.logger, request, trace.id, cause)))
  }
}

function challengeOf(
  { auth, settings }: Service,
  request: Request,
  around: Surroundings,
  trace: Trace,
  accesses: readonly Access[],
): string | null {
  const facts = factsOf(settings, request, around)
  if (!hasToken(request)) return auth.challenge(settings.realm, accesses, facts)
  const error = trace.identified ? 'insufficient_scope' : 'invalid_token'
  return auth.challenge(settings.realm, accesses, { ...facts, error })
}

function requirePermitted({ permits }: Settings, api: ApiRequest): void {
  if (!('name' in api) || api.name === undefined || permits(api.name)) return
  const { name } = api
  throw new RegistryError('NAME_INVALID', 'this registry does not permit repositories of this name', {
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

/** An answer for paths outside of the registry. */
export function notFound(): Response {
  return errorResponse(new RegistryError('NOT_FOUND', 'nothing is here: the registry is at /v2/'))
}
