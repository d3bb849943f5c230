import type { RequestFacts } from '../auth/index.ts'
import type { Action } from '../registry.ts'
import type { Surroundings } from './handle.ts'
import type { Settings } from './settings.ts'

/** What authentication is told of a request beside itself. */
export function factsOf(
  { proxies, tokenPath }: Settings,
  request: Request,
  { address, basePath }: Pick<Surroundings, 'address' | 'basePath'>,
  action?: Action,
): RequestFacts {
  const origin = proxies.originOf(request, address)
  return {
    origin,
    tokenUrl: `${origin}${basePath}${tokenPath}`,
    address: proxies.addressOf(request, address),
    ...(action && { action }),
  }
}
