import { describe, expect, test } from 'vitest'
import { parseAddress, within } from '../../src/address.ts'
import { type Context, memory, ocikit, open } from '../../src/index.ts'
import { HOST } from './http.ts'

describe('parseAddress()', () => {
  test.each([
    ['10.0.0.1', '10,0,0,1'],
    ['::ffff:10.0.0.1', '10,0,0,1'],
    ['::1', '0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1'],
    ['::', '0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0'],
    ['2001:db8::1:2', '32,1,13,184,0,0,0,0,0,0,0,0,0,1,0,2'],
    ['1:2:3:4:5:6:7:8', '0,1,0,2,0,3,0,4,0,5,0,6,0,7,0,8'],
    ['64:ff9b::192.0.2.33', '0,100,255,155,0,0,0,0,0,0,0,0,192,0,2,33'],
  ])('%s', (text, bytes) => expect(String(parseAddress(text))).toBe(bytes))

  test.each([
    '',
    'x',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    ':',
    ':::',
    '1::2::3',
    '1:2:3',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '::1.2.3',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8::',
  ])('%j is none', (text) => expect(parseAddress(text)).toBeNull())

  test('within a network', () => {
    const isIn = (address: string, network: string, bits: number) =>
      within(parseAddress(address)!, parseAddress(network)!, bits)
    expect(isIn('10.255.0.1', '10.0.0.0', 8)).toBe(true)
    expect(isIn('11.0.0.1', '10.0.0.0', 8)).toBe(false)
    expect(isIn('10.0.0.129', '10.0.0.128', 25)).toBe(true)
    expect(isIn('10.0.0.127', '10.0.0.128', 25)).toBe(false)
    expect(isIn('1.2.3.4', '9.9.9.9', 0)).toBe(true)
    expect(isIn('::1', '0.0.0.0', 0)).toBe(false)
  })
})

describe('the client’s address in the context', () => {
  async function addressFor(trustProxy: boolean | string[], peer: string, headers: Record<string, string>) {
    const seen: Context[] = []
    const auth = {
      ...open(),
      authorize: (_access: unknown, context: Context) => {
        seen.push(context)
        return 'allow' as const
      },
    }
    const kit = ocikit({ storage: memory(), auth, trustProxy })
    const request = new Request(`${HOST}/v2/a/tags/list`, { headers })
    await kit.fetch(request, undefined, { address: peer })
    return seen[0]!.client?.address
  }
  const chain = { 'x-forwarded-for': '6.6.6.6, 7.7.7.7, 10.0.0.2' }

  test('is the peer’s, unless a trusted proxy tells; what a client writes itself stands to the left', async () => {
    expect(await addressFor(false, '10.0.0.1', chain)).toBe('10.0.0.1')
    expect(await addressFor(['10.0.0.0/8'], '10.0.0.1', chain)).toBe('7.7.7.7')
    expect(await addressFor(['10.0.0.1'], '10.0.0.1', chain)).toBe('10.0.0.2')
    expect(await addressFor(['10.0.0.0/8'], '8.8.8.8', chain)).toBe('8.8.8.8')
    expect(await addressFor(true, '8.8.8.8', { 'x-forwarded-for': '9.9.9.9' })).toBe('9.9.9.9')
    expect(await addressFor(true, '8.8.8.8', {})).toBe('8.8.8.8')
    expect(await addressFor(true, '8.8.8.8', { 'x-forwarded-for': 'unknown, "x' })).toBe('8.8.8.8')
    // What a proxy does not tell is not what the client wrote before it.
    for (const trusted of [true, ['8.8.8.8']])
      expect(await addressFor(trusted, '8.8.8.8', { 'x-forwarded-for': '6.6.6.6, unknown' })).toBe('8.8.8.8')
    // Proxies that write the one let the other through.
    const both = { ...chain, forwarded: 'for=6.6.6.6' }
    expect(await addressFor(['10.0.0.0/8'], '10.0.0.1', both)).toBe('7.7.7.7')
    expect(await addressFor(true, '8.8.8.8', { forwarded: 'for="[2001:db8::1]:4711";proto=https' })).toBe(
      '2001:db8::1',
    )
  })
})
