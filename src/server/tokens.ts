import type { RequestFacts } from '../auth/index.ts'
import { RegistryError } from '../oci/index.ts'
import type { Subject } from '../registry.ts'
import { makeContext } from './context.ts'
import { factsOf } from './facts.ts'
import type { Service, Surroundings } from './handle.ts'
import { requireRate } from './rate.ts'
import { discard, internal, log, logRefusal } from './report.ts'
import { errorResponse } from './respond.ts'

/** Answers a request at the token path or below it. Never rejects. */
export async function serveTokens(
  service: Service,
  request: Request,
  around: Surroundings,
): Promise<Response> {
  const started = performance.now()
  const measured = service.metrics?.begin()
  measured?.about('token')
  const id = crypto.randomUUID()
  const { auth, settings, logger } = service
  const { pathname } = new URL(request.url)
  let response: Response
  try {
    const path = pathname.slice(around.basePath.length + settings.tokenPath.length)
    const facts = factsOf(settings, request, around)
    const admit = await countedBy(service, request, around, id, facts)
    response = await auth.endpoint!(request, path, { ...facts, admit })
  } catch (error) {
    const known = error instanceof RegistryError ? error : internal(logger, request, id, error)
    logRefusal(logger, id, known)
    response = errorResponse(known)
  }
  if (!around.body) await discard(request)
  measured?.end(request, response)
  // Without the query: a client may have put into it what belongs in the body.
  log(logger, 'info', 'request', {
    id,
    method: request.method,
    path: pathname,
    status: response.status,
    bytes: Number(response.headers.get('content-length') ?? 0),
    ms: Math.round((performance.now() - started) * 10) / 10,
    subject: '-',
    agent: request.headers.get('user-agent') ?? '-',
  })
  return response
}

/**
 * Counts a request for its address: before a password is looked at, so that whoever tries many names is slowed down, too,
 * and costs little.
 * @returns counts it for whoever it turns out to be of, as well.
 * @throws RegistryError `TOOMANYREQUESTS`.
 */
async function countedBy(
  { limiter, defer }: Service,
  request: Request,
  around: Surroundings,
  id: string,
  { address }: RequestFacts,
): Promise<NonNullable<RequestFacts['admit']>> {
  const action = { endpoint: 'token', method: request.method } as const
  const contextOf = (subject: Subject | null) =>
    makeContext(request, id, subject, action, around.waitUntil ?? defer, address).context
  const counted = await requireRate(limiter, contextOf(null))
  return async (subject) => void (await requireRate(limiter, contextOf(subject), counted))
}
