/**
 * Addresses of clients.
 * @module
 */

/** IPv4 (4 bytes) or IPv6 (16 bytes); `null` for what is neither. An IPv4 address in IPv6 clothes is taken as IPv4. */
export function parseAddress(text: string): Uint8Array | null {
  const v4 = parseV4(text)
  if (v4) return v4
  if (!/^[0-9a-f:.]{2,45}$/i.test(text)) return null
  const bytes = parseV6(text)
  const isMapped =
    bytes?.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  return isMapped ? bytes!.slice(12) : bytes
}

/** Who has an address: a client has as many of IPv6 as it likes, all in one network of 64 bits. */
export function networkOf(address: string): string {
  const bytes = parseAddress(address)
  return bytes?.length === 16 ? bytes.subarray(0, 8).join('.') : address
}

/** Whether an address lies in the network of the first `bits` of another. */
export function within(address: Uint8Array, network: Uint8Array, bits: number): boolean {
  if (address.length !== network.length) return false
  for (let i = 0; i * 8 < bits; i++) {
    const mask = bits - i * 8 >= 8 ? 0xff : 0xff << (8 - (bits - i * 8))
    if (((address[i]! ^ network[i]!) & mask & 0xff) !== 0) return false
  }
  return true
}

function parseV4(text: string): Uint8Array | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number)
  return parts?.every((part) => part <= 255) ? Uint8Array.from(parts) : null
}

function parseV6(text: string): Uint8Array | null {
  // The last two groups may be written as IPv4.
  const [, head = '', dotted] = /^(.*:)(\d[\d.]*\.[\d.]+)$/.exec(text) ?? []
  const v4 = dotted === undefined ? undefined : parseV4(dotted)
  if (v4 === null) return null
  const plain = v4 ? `${head}${hex(v4, 0)}:${hex(v4, 2)}` : text
  const halves = plain.split('::')
  if (halves.length > 2) return null
  const [left, right] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - left!.length - (right?.length ?? 0)
  if (right ? missing < 1 : missing !== 0) return null
  const groups = right ? [...left!, ...Array<string>(missing).fill('0'), ...right] : left!
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  )
}

function hex(bytes: Uint8Array, at: number): string {
  return ((bytes[at]! << 8) | bytes[at + 1]!).toString(16)
}
