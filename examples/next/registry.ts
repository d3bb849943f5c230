import { ocikit, open } from 'ocikit'
import { fs } from 'ocikit/storage/fs'

/** Next loads this file once for each of its routers, and a folder has one owner: so the process keeps it. */
const shared = globalThis as { registryStorage?: ReturnType<typeof fs> }

/** Opened at the first request, and not while Next builds. */
function storage(): ReturnType<typeof fs> {
  shared.registryStorage ??= fs(process.env['DATA'] ?? './data')
  return shared.registryStorage
}

/** At `/v2`, for docker and everybody else. */
export const kit = ocikit({ storage, auth: open() })

/** The same content below `/routed/v2`. */
export const routed = ocikit({ storage, auth: open(), basePath: '/routed' })
