import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatImageReference,
  formatRelativeReference,
  isHost,
  parseImageReference,
  parseRelativeReference,
} from '../../src/oci/index.ts'

const D = `sha256:${'a'.repeat(64)}` as const

const strict: [string, object][] = [
  ['ghcr.io/team/app', { host: 'ghcr.io', repository: 'team/app' }],
  ['ghcr.io/app:v1', { host: 'ghcr.io', repository: 'app', tag: 'v1' }],
  [`ghcr.io/app@${D}`, { host: 'ghcr.io', repository: 'app', digest: D }],
  [`ghcr.io/app:v1@${D}`, { host: 'ghcr.io', repository: 'app', tag: 'v1', digest: D }],
  ['localhost/app', { host: 'localhost', repository: 'app' }],
  ['localhost:5000/app:5000', { host: 'localhost:5000', repository: 'app', tag: '5000' }],
  ['registry:5000/app', { host: 'registry:5000', repository: 'app' }],
  ['127.0.0.1:5000/a/b', { host: '127.0.0.1:5000', repository: 'a/b' }],
  ['[::1]:5000/app', { host: '[::1]:5000', repository: 'app' }],
  ['docker.io/alpine', { host: 'docker.io', repository: 'alpine' }],
  ['EXAMPLE.com/app', { host: 'EXAMPLE.com', repository: 'app' }],
]

const relative: [string, string][] = [
  ['alpine', 'docker.io/library/alpine'],
  ['alpine:3', 'docker.io/library/alpine:3'],
  [`alpine@${D}`, `docker.io/library/alpine@${D}`],
  ['team/app', 'docker.io/team/app'],
  ['library/alpine', 'docker.io/library/alpine'],
  ['index.docker.io/alpine', 'docker.io/library/alpine'],
  ['registry-1.docker.io/team/app:x', 'docker.io/team/app:x'],
  ['ghcr.io/app', 'ghcr.io/app'],
  ['registry/app', 'docker.io/registry/app'],
]

const bad: [string, string][] = [
  ['', 'NAME_INVALID'],
  ['Alpine', 'NAME_INVALID'],
  ['ghcr.io/', 'NAME_INVALID'],
  ['ghcr.io//app', 'NAME_INVALID'],
  ['ghcr.io/../app', 'NAME_INVALID'],
  ['ghcr.io/app:', 'TAG_INVALID'],
  ['ghcr.io/app:.x', 'TAG_INVALID'],
  [`ghcr.io/app:${'x'.repeat(129)}`, 'TAG_INVALID'],
  ['ghcr.io/app@', 'DIGEST_INVALID'],
  ['ghcr.io/app@sha256:abc', 'DIGEST_INVALID'],
  [`ghcr.io/app@${D}:v1`, 'DIGEST_INVALID'],
  ['https://ghcr.io/app', 'NAME_INVALID'],
  ['ghcr.io:99999/app', 'NAME_INVALID'],
  ['-x.io/app', 'NAME_INVALID'],
  [`ghcr.io/${'a'.repeat(256)}`, 'NAME_INVALID'],
  ['a'.repeat(100_000), 'NAME_INVALID'],
]

describe('references', () => {
  test.each(strict)('%s', (text, parts) => {
    expect(parseImageReference(text)).toEqual(parts)
    expect(formatImageReference(parseImageReference(text))).toBe(text)
  })
  test.each(relative)('%s is %s', (text, whole) => {
    expect(formatImageReference(parseRelativeReference(text))).toBe(whole)
  })
  test.each(bad)('%s is none: %s', (text, code) => {
    expect(() => parseRelativeReference(text)).toThrow(expect.objectContaining({ code }))
    expect(() => parseImageReference(text)).toThrow()
  })
  test('a strict one has a host', () => {
    for (const text of ['alpine', 'team/app', 'registry/app:v1'])
      expect(() => parseImageReference(text)).toThrow('a host is missing')
  })
})

const part = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,8})?$/)
const reference = fc.record(
  {
    host: fc.constantFrom('docker.io', 'ghcr.io', 'localhost', 'localhost:5000', 'a-b.example:80', '[::1]'),
    repository: fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
    tag: fc.stringMatching(/^\w[\w.-]{0,20}$/),
    digest: fc.constant(D),
  },
  { requiredKeys: ['host', 'repository'] },
)

test('what is formatted is read as it was', () => {
  fc.assert(
    fc.property(reference, (it) => {
      expect(parseImageReference(formatImageReference(it))).toEqual(it)
    }),
  )
})

test('the short form is read as the same, and is no longer', () => {
  fc.assert(
    fc.property(reference, (it) => {
      const whole = parseRelativeReference(formatImageReference(it))
      const short = formatRelativeReference(whole)
      expect(parseRelativeReference(short)).toEqual(whole)
      expect(short.length).toBeLessThanOrEqual(formatImageReference(whole).length)
    }),
  )
})

test('any text is read or refused, in linear time', () => {
  fc.assert(
    fc.property(
      fc.string({
        maxLength: 400,
        unit: fc.constantFrom('a', '.', '/', ':', '@', '-', '_', '[', ']', '1', 'A'),
      }),
      (text) => {
        try {
          expect(formatImageReference(parseImageReference(text))).toBe(text)
        } catch (error) {
          expect(error).toHaveProperty('code')
        }
      },
    ),
    { numRuns: 500 },
  )
  const started = performance.now()
  for (const unit of ['a', 'a.', 'a-', '-', '.', '[', 'a/', 'a:', '@', '_'])
    for (const read of [parseImageReference, parseRelativeReference, isHost]) {
      try {
        read(unit.repeat(200_000))
      } catch {}
      try {
        read(unit.repeat(400))
      } catch {}
    }
  expect(performance.now() - started).toBeLessThan(5000)
})
