/** Tokens that bring their certificate: whom a bundle vouches for, and every way to be vouched for by nobody. */

import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearer as bearerAuth } from '../../../src/auth/tokens/index.ts'
import { caBundle } from '../../../src/auth/x5c/index.ts'
import { memory, ocikit } from '../../../src/index.ts'
import { errorIn, pushIndex, send } from '../../server/http.ts'
import { bearer, challengeOf } from '../tokens/client.ts'
import { AUTHORITY, authority, type Certified, claimsAt, type Kind, SIGNER } from './authority.ts'

const DAY = 86_400_000
/** Some time after the certificates are made. */
const NOW = Date.now() + 3_600_000

let makers: Awaited<ReturnType<typeof authority>>
let root: Certified
let middle: Certified
let signer: Certified
beforeAll(async () => {
  makers = await authority()
  root = makers.certify({ name: 'root' })
  middle = makers.certify({ name: 'middle', by: root, extensions: AUTHORITY })
  signer = makers.certify({ name: 'signer', by: middle })
})
afterAll(() => makers?.[Symbol.asyncDispose]())

/** A registry that believes whom the bundle vouches for. */
function registry(pem: string, now: () => number = () => NOW) {
  const auth = bearerAuth({
    realm: 'https://auth.example/token',
    service: 'registry.example',
    issuer: 'auth.example',
    algorithms: ['ES256', 'ES384', 'RS256', 'EdDSA'],
    keys: caBundle(pem, now),
    now,
  })
  return ocikit({ storage: memory(), auth })
}

async function ask(pem: string, token: string, now?: () => number) {
  return send(registry(pem, now), 'GET', '/v2/a/tags/list', { headers: bearer(token) })
}

async function expectRefused(pem: string, token: string, why: RegExp, now?: () => number) {
  const answer = await ask(pem, token, now)
  expect([answer.status, challengeOf(answer)['error']]).toEqual([401, 'invalid_token'])
  expect(errorIn(answer).message).toMatch(why)
}

const NOBODY = /no certificate of the bundle vouches for it/

describe('a token is taken', () => {
  test('by way of an authority between, for what it grants and no more', async () => {
    const kit = registry(`some text\n${root.pem}`)
    const headers = bearer(await signer.sign(claimsAt(NOW), [signer, middle]))
    expect((await pushIndex(kit, 'a', '1', { headers })).status).toBe(201)
    for (let again = 0; again < 2; again++)
      expect((await send(kit, 'GET', '/v2/a/manifests/1', { headers })).status).toBe(200)
    expect((await send(kit, 'DELETE', '/v2/a/manifests/1', { headers })).status).toBe(401)
    expect((await send(kit, 'GET', '/v2/b/tags/list', { headers })).status).toBe(401)
  })

  test('with the whole chain, with the authority in the bundle, and with the signer itself there', async () => {
    const claims = claimsAt(NOW)
    for (const [bundle, chain] of [
      [[root], [signer, middle, root]],
      [[middle], [signer]],
      [[middle], [signer, middle]],
      [[signer], [signer]],
      [
        [makers.certify({ name: 'other' }), root],
        [signer, middle],
      ],
    ] as const) {
      const pem = bundle.map((each) => each.pem).join('')
      expect((await ask(pem, await signer.sign(claims, chain))).status).toBe(404)
    }
  })

  test('from whoever signs it himself, if the bundle has that certificate', async () => {
    const self = makers.certify({ name: 'self', extensions: SIGNER })
    expect((await ask(self.pem, await self.sign(claimsAt(NOW)))).status).toBe(404)
    await expectRefused(root.pem, await self.sign(claimsAt(NOW)), NOBODY)
  })

  test.each(['ES256', 'ES384', 'RS256', 'EdDSA'] as const)(
    'signed with %s all the way up',
    async (kind: Kind) => {
      const hash = kind === 'EdDSA' ? '' : kind === 'ES384' ? 'sha384' : 'sha512'
      const top = makers.certify({ name: 'top', kind, hash })
      const leaf = makers.certify({ name: 'leaf', kind, hash, by: top })
      expect((await ask(top.pem, await leaf.sign(claimsAt(NOW)))).status).toBe(404)
    },
  )
})

describe('a token is refused', () => {
  test('without a certificate, with one that cannot be read, and with too many', async () => {
    for (const x5c of [undefined, [], 'text', [1], Array(9).fill(signer.x5c)])
      await expectRefused(
        root.pem,
        await signer.sign(claimsAt(NOW), [], { x5c } as object),
        /brings no certificate/,
      )
    const bytes = Buffer.from(signer.x5c, 'base64')
    const spoilt = [
      '***',
      '',
      bytes.subarray(0, -1).toString('base64'),
      Buffer.concat([bytes, Buffer.of(0)]).toString('base64'),
      Buffer.from('3080', 'hex').toString('base64'),
      Buffer.from('30830fffff', 'hex').toString('base64'),
      Buffer.from(`30${'82ffff'.repeat(100)}`, 'hex').toString('base64'),
      Buffer.from('hello').toString('base64'),
    ]
    for (const x5c of spoilt)
      await expectRefused(root.pem, await signer.sign(claimsAt(NOW), [], { x5c: [x5c] }), /cannot be read/)
  })

  test('whatever bit of a certificate is turned', async () => {
    const bytes = Buffer.from(signer.x5c, 'base64')
    const key = caBundle(middle.pem, () => NOW)
    expect(await key({ alg: 'ES256', x5c: [signer.x5c] }, NO_TOKEN)).toBeDefined()
    for (let at = 0; at < bytes.length; at += 3) {
      const turned = Buffer.from(bytes)
      turned[at]! ^= 1 << (at % 8)
      await expect(
        key({ alg: 'ES256', x5c: [turned.toString('base64')] }, NO_TOKEN),
        `byte ${at}`,
      ).rejects.toThrow('the token is not valid')
    }
  })

  test('from an authority of the same name, and with one between left out', async () => {
    const false_root = makers.certify({ name: 'root' })
    const false_signer = makers.certify({ name: 'signer', by: false_root })
    const claims = claimsAt(NOW)
    await expectRefused(root.pem, await false_signer.sign(claims, [false_signer, false_root]), NOBODY)
    await expectRefused(root.pem, await signer.sign(claims, [signer]), NOBODY)
    await expectRefused(root.pem, await signer.sign(claims, [signer, false_root]), /do not follow/)
    await expectRefused(
      root.pem,
      await signer.sign(claims, [middle, signer]),
      /not for signatures|signature is wrong/,
    )
  })

  test('whose signature is of another key than that of its certificate', async () => {
    const thief = makers.certify({ name: 'thief' })
    await expectRefused(root.pem, await thief.sign(claimsAt(NOW), [signer, middle]), /signature is wrong/)
    const { publicKey } = await generateKeyPair('ES256')
    const jwk = await exportJWK(publicKey)
    await expectRefused(
      root.pem,
      await thief.sign(claimsAt(NOW), [], { jwk, kid: 'x', x5c: undefined }),
      /no certif/,
    )
    await expectRefused(
      root.pem,
      await thief.sign(claimsAt(NOW), [], { x5u: 'http://127.0.0.1:1/', x5c: undefined }),
      /no certif/,
    )
  })

  test('when a certificate of its way is not valid yet, or not any more: also one that was taken before', async () => {
    const short = makers.certify({ name: 'short', by: middle, days: 2 })
    let now = NOW
    const kit = registry(root.pem, () => now)
    const token = await short.sign({ ...claimsAt(NOW), exp: Math.floor(NOW / 1000) + 90 * 86_400 }, [
      short,
      middle,
    ])
    const status = async () => (await send(kit, 'GET', '/v2/a/tags/list', { headers: bearer(token) })).status
    expect(await status()).toBe(404)
    now = NOW + DAY
    expect(await status()).toBe(404)
    now = NOW + 3 * DAY
    expect(await status()).toBe(401)
    const at = (time: number) => signer.sign(claimsAt(time), [signer, middle])
    await expectRefused(root.pem, await at(NOW + 40 * DAY), /not valid now/, () => NOW + 40 * DAY)
    await expectRefused(root.pem, await at(NOW - DAY), /not valid now/, () => NOW - DAY)
    // An authority that has ended vouches for nobody, be it in the bundle.
    const brief = makers.certify({ name: 'brief', days: 1 })
    const lasting = makers.certify({ name: 'lasting', by: brief })
    const later = NOW + 5 * DAY
    await expectRefused(brief.pem, await lasting.sign(claimsAt(later)), NOBODY, () => later)
  })

  test('from somebody who may not certify others, or not so far down', async () => {
    const claims = claimsAt(NOW)
    const under = async (extensions: readonly string[], between: readonly Certified[] = []) => {
      const by = makers.certify({ name: 'by', by: between[0] ?? root, extensions })
      const leaf = makers.certify({ name: 'leaf', by })
      return leaf.sign(claims, [leaf, by, ...between])
    }
    const none = /is no authority/
    await expectRefused(root.pem, await under(SIGNER), none)
    await expectRefused(root.pem, await under([]), none)
    await expectRefused(root.pem, await under(['basicConstraints=CA:FALSE', 'keyUsage=keyCertSign']), none)
    await expectRefused(
      root.pem,
      await under(['basicConstraints=CA:TRUE', 'keyUsage=digitalSignature']),
      none,
    )
    const last = makers.certify({
      name: 'last',
      by: root,
      extensions: ['basicConstraints=CA:TRUE,pathlen:0'],
    })
    await expectRefused(root.pem, await under(AUTHORITY, [last]), /longer than allowed/)
    const leaf = makers.certify({ name: 'leaf', by: last })
    expect((await ask(root.pem, await leaf.sign(claims, [leaf, last]))).status).toBe(404)
    const limited = makers.certify({ name: 'limited', extensions: ['basicConstraints=CA:TRUE,pathlen:0'] })
    const inner = makers.certify({ name: 'inner', by: limited, extensions: AUTHORITY })
    const deep = makers.certify({ name: 'deep', by: inner })
    await expectRefused(limited.pem, await deep.sign(claims, [deep, inner]), NOBODY)
  })

  test('with a certificate for something else, with limits that are not looked at here, with a weak key', async () => {
    const claims = claimsAt(NOW)
    const signed = async (extensions: readonly string[]) => {
      const leaf = makers.certify({ name: 'leaf', by: root, extensions })
      return leaf.sign(claims)
    }
    await expectRefused(root.pem, await signed(['keyUsage=keyEncipherment']), /not for signatures/)
    await expectRefused(root.pem, await signed(['1.2.3.4=critical,DER:0500']), /1\.2\.3\.4/)
    expect((await ask(root.pem, await signed(['1.2.3.4=DER:0500']))).status).toBe(404)
    const names = ['basicConstraints=CA:TRUE', 'nameConstraints=permitted;DNS:example.com']
    const by = makers.certify({ name: 'by', by: root, extensions: names })
    const leaf = makers.certify({ name: 'leaf', by })
    await expectRefused(root.pem, await leaf.sign(claims, [leaf, by]), /2\.5\.29\.30/)
    const weak = makers.certify({ name: 'weak', kind: 'weak' })
    const below = makers.certify({ name: 'below', by: weak })
    await expectRefused(weak.pem, await below.sign(claims), NOBODY)
    const old = makers.certify({ name: 'old', by: root, hash: 'sha1' })
    await expectRefused(root.pem, await old.sign(claims), NOBODY)
  })

  test('by a header whose algorithm the key of the certificate is not for', async () => {
    const key = caBundle(middle.pem, () => NOW)
    for (const alg of ['RS256', 'ES384', 'none', ''])
      await expect(key({ alg, x5c: [signer.x5c] }, NO_TOKEN), alg).rejects.toThrow(
        'not one for its algorithm',
      )
  })
})

test('a bundle without a certificate, or with one that cannot be read, is an error at once', () => {
  for (const pem of ['', 'text', '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----'])
    expect(() => caBundle(pem)).toThrow(/it has none/)
  const wrong = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  expect(() => caBundle(root.pem + wrong)).toThrow(/^certificate 2 of the bundle cannot be read/)
})

const NO_TOKEN = { payload: '', signature: '' }
