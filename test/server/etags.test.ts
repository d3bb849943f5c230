import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memory, ocikit, open } from '../../src/index.ts'
import { matches } from '../../src/server/respond.ts'
import { digestOf, emptyIndex, HOST, pushIndex, send } from './http.ts'

const DIGEST = digestOf(emptyIndex('x'))
/** What an entity tag may hold between its quotes (RFC 9110 section 8.8.3), without the comma. */
const etagc = fc
  .integer({ min: 0x21, max: 0xff })
  .filter((code) => code !== 0x22 && code !== 0x2c && code !== 0x7f && (code < 0x80 || code > 0x9f))
  .map((code) => String.fromCharCode(code))
const opaque = fc.string({ unit: etagc, maxLength: 80 })
/** Almost the digest. */
const near = fc.constantFrom(
  DIGEST.slice(0, -1),
  `${DIGEST}0`,
  DIGEST.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
  DIGEST.toUpperCase(),
  DIGEST.slice('sha256:'.length),
  `x${DIGEST}`,
  '*',
  '',
)
const quoted = fc
  .tuple(fc.constantFrom('', 'W/'), fc.oneof(opaque, near))
  .map(([weak, text]) => `${weak}"${text}"`)
const broken = fc.constantFrom(`w/"${DIGEST}"`, 'W/', '**')
/** With a second one in the list, what stands between them would be quoted. */
const UNBALANCED = [`"${DIGEST}`, `${DIGEST}"`, '"', 'W/"']
/** Anything but the digest's own tag. */
const other = fc.oneof(
  { weight: 5, arbitrary: quoted },
  { weight: 1, arbitrary: broken },
  { weight: 1, arbitrary: near.filter((text) => text !== '*') },
)
const ours = fc.constantFrom(`"${DIGEST}"`, `W/"${DIGEST}"`, DIGEST, '*')
const comma = fc.constantFrom(',', ', ', ' , ', ',\t', ',,', ', ,')
const list = (members: fc.Arbitrary<readonly string[]>) =>
  fc.tuple(members, comma).map(([each, separator]) => each.join(separator))
const asking = (header: string) => new Request(HOST, { headers: { 'if-none-match': header } })
const STRONG = `"${DIGEST}"`
const WEAK = `W/"${DIGEST}"`

test('If-None-Match: a list that holds the tag matches, wherever and however it is written', () => {
  const holding = list(
    fc
      .tuple(fc.array(other, { maxLength: 5 }), ours, fc.array(other, { maxLength: 5 }))
      .map((all) => all.flat()),
  )
  fc.assert(
    fc.property(holding, (header) => {
      expect([matches(asking(header), STRONG), matches(asking(header), WEAK)]).toEqual([true, true])
    }),
    { numRuns: 500 },
  )
})

test('If-None-Match: a list of other tags never matches', () => {
  fc.assert(
    fc.property(list(fc.array(other, { maxLength: 8 })), (header) => {
      expect([matches(asking(header), STRONG), matches(asking(header), WEAK)]).toEqual([false, false])
    }),
    { numRuns: 500 },
  )
  for (const member of UNBALANCED) expect(matches(asking(member), STRONG)).toBe(false)
  expect(matches(new Request(HOST), STRONG)).toBe(false)
})

// A comma within quotes does not end a member.
test('If-None-Match: what another tag holds between its commas never matches', () => {
  const within = fc.tuple(opaque, fc.constantFrom(DIGEST, '*'), opaque).map((parts) => `"${parts.join(',')}"`)
  fc.assert(
    fc.property(list(fc.array(fc.oneof(within, other), { minLength: 1, maxLength: 4 })), (header) => {
      expect(matches(asking(header), STRONG)).toBe(false)
    }),
  )
})

test('If-None-Match: a manifest answers 304 or 200 by the same rule', async () => {
  const kit = ocikit({ storage: memory(), auth: open() })
  await pushIndex(kit, 'a', 'x')
  const members = fc.array(fc.oneof({ weight: 4, arbitrary: other }, { weight: 1, arbitrary: ours }), {
    minLength: 1,
    maxLength: 5,
  })
  await fc.assert(
    fc.asyncProperty(list(members), fc.constantFrom('GET', 'HEAD'), async (header, method) => {
      const wanted = matches(asking(header), STRONG) ? 304 : 200
      const answer = await send(kit, method, '/v2/a/manifests/x', { headers: { 'if-none-match': header } })
      expect([answer.status, answer.headers.get('etag')]).toEqual([wanted, STRONG])
      expect(answer.text).toBe(wanted === 200 && method === 'GET' ? emptyIndex('x') : '')
    }),
  )
})
