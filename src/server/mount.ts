import type { Context as HonoContext } from 'hono'
import { cors } from 'hono/cors'
import { routePath } from 'hono/route'
import { Hono } from 'hono/tiny'
import { RegistryError } from '../oci/index.ts'
import { handle, notFound, type Service } from './handle.ts'
import type { Host, Logger, ServerOptions } from './options.ts'
import type { PerEnv } from './per-env.ts'
import { errorResponse } from './respond.ts'
import { tokenPathOf } from './settings.ts'
import { serveTokens } from './tokens.ts'

/** What of the options concerns the shell. */
type MountOptions = Pick<ServerOptions, 'basePath' | 'cors' | 'logger' | 'tokenPath'>

const ROOT = '/v2'

/**
 * Hono is the shell: where the registry is mounted, and where middleware goes.
 * @param serviceFor What an `env` is served with.
 * @param beside Is mounted beside the registry.
 */
export function mount(serviceFor: PerEnv<Service>['for'], options: MountOptions, beside?: Hono): Hono {
  const app = new Hono({ strict: true })
  const base = (options.basePath ?? '').replace(/\/+$/, '')
  for (const path of [ROOT, `${ROOT}/*`]) {
    if (options.cors) app.use(base + path, corsFor(options.cors))
    app.all(base + path, async (c) => {
      const service = await opened(serviceFor, c, options.logger)
      if (service instanceof Response) return service
      return handle(service, c.req.raw, { basePath: basePathOf(c, ROOT), ...hostOf(c) })
    })
  }
  const tokenPath = tokenPathOf(options.tokenPath)
  for (const path of [tokenPath, `${tokenPath}/*`]) {
    const shared = options.cors && corsFor(options.cors)
    app.all(base + path, async (c, next) => {
      const service = await opened(serviceFor, c, options.logger)
      if (service instanceof Response) return service
      // Without a token service the path is the application's.
      if (!service.auth.endpoint) return next()
      const answer = () =>
        serveTokens(service, c.req.raw, { basePath: basePathOf(c, tokenPath), ...hostOf(c) })
      if (!shared) return answer()
      return shared(c, async () => {
        c.res = await answer()
      })
    })
  }
  if (beside) app.route(base || '/', beside)
  app.notFound(notFound)
  return app
}

/** What is needed to answer, or the answer that it cannot be had: a storage, for example, that does not open. */
async function opened(
  serviceFor: PerEnv<Service>['for'],
  c: HonoContext,
  logger: Logger | undefined,
): Promise<Service | Response> {
  try {
    const service = serviceFor(c.env)
    if (!(service instanceof Promise)) return service
    // Other requests may wait for it, too, so it goes on when this client leaves.
    hostOf(c).waitUntil?.(service.catch(() => {}))
    return await service
  } catch (error) {
    logger?.error('the registry cannot be opened', { error: String(error) })
    await c.req.raw.body?.cancel().catch(() => {})
    return errorResponse(
      new RegistryError('UNAVAILABLE', 'the registry cannot be opened now: its log says more'),
    )
  }
}

/** What stands before `root` in this request: `app.route()` puts a prefix there, which may have parameters. */
function basePathOf(c: HonoContext, root: string): string {
  const pattern = routePath(c)
  if (pattern.startsWith(root)) return ''
  const depth = pattern.slice(0, pattern.lastIndexOf(root)).split('/').length
  const segments = new URL(c.req.url).pathname.split('/')
  // An application's own `getPath` may have put something before the path, for example the host.
  const added = c.req.path.split('/').length - segments.length
  return segments.slice(0, Math.max(1, depth - added)).join('/')
}

function hostOf(c: HonoContext): Host {
  try {
    const host = c.executionCtx as unknown as Host
    return {
      ...(host.address === undefined ? {} : { address: host.address }),
      ...(host.respond ? { respond: host.respond } : {}),
      ...(host.body ? { body: host.body } : {}),
      ...(host.waitUntil ? { waitUntil: (work) => host.waitUntil!(work) } : {}),
    }
  } catch {
    // Hono throws where the runtime gave none.
    return {}
  }
}

/** The headers that a page may read, beside the few that every page may. */
const EXPOSED = [
  'Accept-Ranges',
  'Content-Length',
  'Content-Range',
  'Docker-Content-Digest',
  'Docker-Distribution-API-Version',
  'Docker-Upload-UUID',
  'ETag',
  'Link',
  'Location',
  'OCI-Chunk-Max-Length',
  'OCI-Chunk-Min-Length',
  'OCI-Filters-Applied',
  'OCI-Subject',
  'OCI-Tag',
  'Range',
  'Retry-After',
  'Warning',
  'WWW-Authenticate',
]

function corsFor(origins: '*' | readonly string[]): ReturnType<typeof cors> {
  return cors({
    origin: origins === '*' ? '*' : [...origins],
    allowMethods: ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE'],
    exposeHeaders: EXPOSED,
    credentials: origins !== '*',
    maxAge: 86_400,
  })
}
