/**
 * Where a registry may send a client: a redirect, an upload or a token service on another host must not lead into
 * the network that the client is in.
 * @module
 */

/**
 * Whether a host is of no use beyond a machine or its network: `localhost`, and addresses that are loopback,
 * private, shared, link-local, reserved or none (RFC 6890), or lead to such ones. Names are not looked up.
 * @param hostname As `URL.hostname` has it, so that every spelling of an address is one.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, '')
  if (host === 'localhost' || host.endsWith('.localhost')) return true
  if (host.startsWith('[')) return isPrivateV6(host.slice(1, -1))
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.\d{1,3}$/.exec(host)
  return match !== null && isPrivateV4(Number(match[1]), Number(match[2]), Number(match[3]))
}

function isPrivateV4(first: number, second: number, third: number): boolean {
  if (first === 0 || first === 10 || first === 127 || first >= 224) return true
  if (first === 100) return second >= 64 && second < 128
  if (first === 169) return second === 254
  if (first === 172) return second >= 16 && second < 32
  if (first === 198) return second === 18 || second === 19
  return first === 192 && (second === 168 || (second === 0 && third === 0))
}

function isPrivateV6(address: string): boolean {
  // Those of the old tunnels to IPv4, of a network's own NAT64, and for many at once are nobody's registry.
  if (/^(?:f[cdf]|fe[89a-f]|2002:|64:ff9b:1:)/.test(address)) return true
  // An IPv4 address within an IPv6 one: mapped, or through NAT64.
  const match = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address)
  if (!match) return address.startsWith('::')
  const [high, low] = [Number.parseInt(match[1]!, 16), Number.parseInt(match[2]!, 16)]
  return isPrivateV4(high >> 8, high & 255, low >> 8)
}

/** Why a client that talks to `from` may not be sent to `to`; `null` when it may. */
export function whyNotThere(from: URL, to: URL): string | null {
  if (to.protocol !== 'https:' && to.protocol !== 'http:') return `${to.protocol} is not HTTP`
  if (from.protocol === 'https:' && to.protocol !== 'https:') return 'it is not encrypted'
  if (to.hostname === from.hostname || isPrivateHost(from.hostname)) return null
  return isPrivateHost(to.hostname) ? 'its address is a private one' : null
}
