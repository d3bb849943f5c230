/**
 * What a proxy in front says of a request: trusted only from where the settings allow it.
 * @module
 */

import { parseAddress, within } from '../address.ts'

/** Reads the origin and the client's address. */
export interface Proxies {
  /** What the client calls this server. `address` is the peer's. */
  originOf(request: Request, address: string | undefined): string
  /** The client's address. */
  addressOf(request: Request, address: string | undefined): string | undefined
}

/**
 * @param publicUrl Stands for the origin of every request.
 * @param trusted True for every peer; or addresses and networks.
 * @throws TypeError for a URL with a path, and for what is no address.
 */
export function proxies(publicUrl: string | undefined, trusted: boolean | readonly string[]): Proxies {
  const fixed = publicUrl === undefined ? undefined : checkedOrigin(publicUrl)
  const networks = typeof trusted === 'boolean' ? [] : trusted.map(parseNetwork)
  const trusts = (address: string | undefined): boolean => {
    if (typeof trusted === 'boolean') return trusted
    const parsed = address === undefined ? null : parseAddress(address)
    return parsed !== null && networks.some(([network, bits]) => within(parsed, network, bits))
  }
  return {
    originOf(request, address) {
      if (fixed !== undefined) return fixed
      const own = originIn(request.url)
      return trusted !== false && trusts(address) ? forwardedOrigin(request.headers, own) : own
    },
    addressOf(request, address) {
      if (trusted === false || !trusts(address)) return address
      const hops = forwardedFor(request.headers)
      // From the right each hop was written by the one behind it; with `true` only the nearest is known to be honest.
      const hop = trusted === true ? hops.at(-1) : (hops.findLast((each) => !trusts(each)) ?? hops[0])
      // What a proxy does not tell must not be taken from further left, where the client wrote.
      return hop !== undefined && parseAddress(hop) !== null ? hop : address
    },
  }
}

function originIn(url: string): string {
  const end = url.indexOf('/', url.indexOf('://') + 3)
  return end < 0 ? url : url.slice(0, end)
}

function checkedOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  const isOrigin = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash
  if (isOrigin && url.username === '' && url.password === '') return url.origin
  throw new TypeError('publicUrl must be as in https://registry.example, without a path')
}

function parseNetwork(text: string): [Uint8Array, number] {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const parsed = parseAddress(address)
  const length = (parsed?.length ?? 0) * 8
  const prefix = bits === undefined ? length : Number(bits)
  if (parsed && prefix <= length) return [parsed, prefix]
  throw new TypeError(`${JSON.stringify(text)} is no address and no network as in 10.0.0.0/8`)
}

const OLDER_KIN = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']

/**
 * `Forwarded` (RFC 7239), unless one of its older kin is there: nearly all proxies write those and let the other
 * through, so that it is the client's.
 */
function standardOf(headers: Headers): string | null {
  return OLDER_KIN.some((name) => headers.has(name)) ? null : headers.get('forwarded')
}

/** What could not be a host or a scheme counts as absent. */
function forwardedOrigin(headers: Headers, own: string): string {
  const standard = standardOf(headers)?.split(',').at(-1)
  const scheme = standard ? pairIn(standard, 'proto') : lastOf(headers.get('x-forwarded-proto'))
  const host = standard ? pairIn(standard, 'host') : lastOf(headers.get('x-forwarded-host'))
  const [ownScheme = '', ownHost = ''] = own.split('://')
  const isHost = host !== undefined && /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(host)
  const isScheme = scheme !== undefined && /^https?$/i.test(scheme)
  return `${isScheme ? scheme.toLowerCase() : ownScheme}://${isHost ? host.toLowerCase() : ownHost}`
}

function forwardedFor(headers: Headers): string[] {
  const standard = standardOf(headers)
  const list = standard
    ? standard.split(',').map((element) => pairIn(element, 'for'))
    : (headers.get('x-forwarded-for') ?? '').split(',')
  return list.map((each) => bareAddress(each ?? ''))
}

/** Without a port, and without the brackets of IPv6. */
function bareAddress(text: string): string {
  const trimmed = text.trim()
  return /^\[([^\]]+)\]/.exec(trimmed)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(trimmed)?.[1] ?? trimmed
}

function pairIn(element: string, name: string): string | undefined {
  for (const pair of element.split(';')) {
    const [key = '', value = ''] = pair.split('=', 2)
    if (key.trim().toLowerCase() === name) return value.trim().replace(/^"(.*)"$/, '$1')
  }
  return undefined
}

/** The nearest proxy writes last: what stands before may come from the client. */
function lastOf(header: string | null): string | undefined {
  return header?.split(',').at(-1)?.trim()
}
