import type { Access } from '../auth/index.ts'
import type { ApiRequest } from './parse.ts'

/** What a request needs to be allowed. A mount's source is asked for apart: without it the blob is uploaded. */
export function accessesOf(api: ApiRequest, method: string): Access[] {
  switch (api.endpoint) {
    case 'ping':
      return []
    case 'catalog':
      return [{ type: 'registry', name: 'catalog', action: '*' }]
    case 'extensions':
      return api.name === undefined ? [] : [{ type: 'repository', name: api.name, action: 'pull' }]
    case 'uploads':
    case 'upload':
      // Also a cancel: podman sends one after a mount, with a token to push.
      return [{ type: 'repository', name: api.name, action: 'push' }]
    default:
      return [{ type: 'repository', name: api.name, action: ACTIONS[method] ?? 'pull' }]
  }
}

const ACTIONS: Readonly<Record<string, 'push' | 'delete'>> = { PUT: 'push', DELETE: 'delete' }
