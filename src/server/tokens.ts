import { RegistryError } from '../oci/index.ts'
import { factsOf } from './facts.ts'
import type { Service, Surroundings } from './handle.ts'
import { discard, internal, log } from './report.ts'
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
    response = await auth.endpoint!(request, path, factsOf(settings, request, around))
  } catch (error) {
    const known = error instanceof RegistryError ? error : internal(logger, request, id, error)
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
