/**
 * Names that mean a repository of another registry, which is mirrored here. They are settled before anybody is asked
 * whether the caller may do this, so that rules see the repository that is meant.
 * @module
 */

import { isName, type MirrorNames, parseName, RegistryError } from '../oci/index.ts'
import type { Registry } from '../registry.ts'
import type { Exchange } from './exchange.ts'
import type { ApiRequest } from './parse.ts'

/** The host of `?ns=`, which containerd sends to mirrors (distribution-spec, "Registry Proxying"). */
function namespaceOf(query: URLSearchParams): string | null {
  return query.get('ns') || null
}

/** A request with the name that is meant, and the host of `?ns=`, if it is that which has said so. */
export interface Meant {
  readonly api: ApiRequest
  readonly namespace: string | null
}

/** Finds out which repository is meant. @throws RegistryError `NAME_INVALID`. */
export function meantBy(api: ApiRequest, query: URLSearchParams, mirrors: MirrorNames | undefined): Meant {
  if (!mirrors || !('name' in api) || api.name === undefined) return { api, namespace: null }
  const host = namespaceOf(query)
  const name = mirrors.nameOf(api.name, host)
  // Only what names a mirror is one, and may go into a header.
  const namespace = name === mirrors.nameOf(api.name, null) ? null : host
  return { api: name === api.name ? api : { ...api, name: parseName(name) }, namespace }
}

/**
 * Serves a request from here or, if its repository is not here, from where else it is looked for.
 *
 * Only what is read to be pulled: whoever pushes asks by HEAD which blobs are there, and must not be told of those of
 * another registry. A repository that is here is not looked for elsewhere, whatever is missing in it: nobody should get
 * a stranger's image of the same name. What the other registry refuses is not there, as it is not here: a refusal would
 * end a push that only looked; but who is nobody yet may be somebody who may.
 * @param serve Also asks whether the caller may do this, if it is given another name than that of the request.
 */
export async function hereOrElsewhere(
  exchange: Exchange,
  api: ApiRequest,
  serve: (api: ApiRequest) => Promise<Response>,
): Promise<Response> {
  // A repository that is not here has no referrers, which is no error.
  const isSilent = api.endpoint === 'referrers'
  const here = isSilent ? null : await answered(serve(api))
  if (here?.response) return here.response
  const there = !here || isMissing(here.error) ? await elsewhere(exchange, api) : null
  const found = there && (await answered(serve(there)))
  if (found?.response) return found.response
  if (found && isRefused(found.error, 401)) throw found.error
  if (found && !isRefused(found.error))
    exchange.context.warn('where else this may be was asked in vain: it does not answer')
  if (here) throw here.error
  return serve(api)
}

type Answered = { readonly response: Response } | { readonly response?: undefined; readonly error: unknown }

async function answered(work: Promise<Response>): Promise<Answered> {
  try {
    return { response: await work }
  } catch (error) {
    return { error }
  }
}

function isRefused(error: unknown, status?: number): boolean {
  if (!(error instanceof RegistryError)) return false
  return status === undefined ? error.status < 500 && error.status !== 429 : error.status === status
}

async function elsewhere(
  { registry, request, query, call, settings: { mirrors } }: Exchange,
  api: ApiRequest,
): Promise<ApiRequest | null> {
  const isPull = request.method === 'GET' || (request.method === 'HEAD' && api.endpoint !== 'blob')
  if (!mirrors || !isPull || !isFound(api) || namespaceOf(query) !== null) return null
  const name = mirrors.elsewhere(api.name)
  if (name === null || !isName(name) || (await isHere(registry, api.name, call))) return null
  return { ...api, name }
}

type Found = Extract<ApiRequest, { readonly name: string }>

function isFound(api: ApiRequest): api is Found {
  return ['manifest', 'blob', 'tags', 'referrers'].includes(api.endpoint)
}

function isMissing(error: unknown): boolean {
  return error instanceof RegistryError && error.status === 404
}

async function isHere(registry: Registry, name: string, call: Exchange['call']): Promise<boolean> {
  try {
    for await (const _ of registry.tags(name, { ...call, limit: 1 })) break
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}
