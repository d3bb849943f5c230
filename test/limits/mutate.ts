/**
 * Requests that are almost right.
 * @module
 */

import type { Random } from '../crash/random.ts'

/** Ways to write "one folder up". */
export const TRAVERSALS = [
  '../',
  '..%2f',
  '%2e%2e/',
  '%2e%2e%2f',
  '..%5c',
  '%252e%252e%252f',
  '..%c0%af',
  '%c0%ae%c0%ae/',
  '..;/',
  '.../',
  '..%00/',
  '%uff0e%uff0e/',
  '//',
  './/',
] as const

const DIGEST = `sha256:${'a'.repeat(64)}`
const METHODS = [
  'GET',
  'HEAD',
  'PUT',
  'POST',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'LINK',
  'get',
]
const NAMES = [
  'a',
  'a/b',
  'A',
  '-',
  'a//b',
  '_x',
  'a'.repeat(256),
  'a/'.repeat(200),
  'é',
  '%F0%9F%92%A9',
  '%00',
  '%ff',
  '.',
  'blobs/uploads',
  '',
]
const ENDS = [
  'tags/list',
  'manifests/latest',
  `manifests/${DIGEST}`,
  `manifests/${'t'.repeat(5_000)}`,
  'manifests/sha256:zz',
  'manifests/',
  `blobs/${DIGEST}`,
  'blobs/md5:aa',
  'blobs/uploads/',
  'blobs/uploads/AAAA',
  `blobs/uploads/${'A'.repeat(3_000)}`,
  `referrers/${DIGEST}`,
  '_oci/ext/discover',
  '',
]
const QUERIES = [
  '',
  '?',
  '?n=-1',
  '?n=1e9',
  '?n=99999999999999999999',
  '?n=0&last=%ff',
  '?digest=',
  `?digest=${DIGEST}`,
  '?digest=sha512:x',
  '?mount=x&from=../..',
  `?mount=${DIGEST}&from=A`,
  '?tag=a&tag=%00',
  '?%=%',
  '?digest-algorithm=md5',
  `?last=${'x'.repeat(2_000)}`,
]
const HEADERS = [
  'Content-Range: 9-1',
  'Content-Range: bytes x',
  'Content-Range: 0-99999999999999999999',
  'Range: bytes=9999999999999999999999-',
  'Range: bytes=-0',
  'Range: lines=1-2',
  'Authorization: Basic !!!',
  'Authorization: Bearer',
  'Accept: \xff\xfe',
  'Content-Type: \xe9',
  'Content-Type: application/vnd.oci.image.index.v1+json',
  'If-None-Match: W/"',
  'Expect: 100-continue',
  'Expect: the unexpected',
  'X-Forwarded-Host: ../..',
  'Origin: null',
  `X-Long: ${'y'.repeat(9_000)}`,
  'Transfer-Encoding: gzip',
  'Upgrade: h2c',
]
const BODIES = [
  '',
  '{}',
  '[]',
  'null',
  '{"schemaVersion":2,"config":{"digest":"../../x"}}',
  '\x00\x01',
  '{"layers":[{}]}',
]

/** A request with a few random faults, which ends its connection. */
export function mutated(random: Random): string {
  const up = random.chance(0.2) ? random.pick(TRAVERSALS) : ''
  const path = `/v2/${up}${random.pick(NAMES)}/${random.pick(ENDS)}${random.pick(QUERIES)}`
  const body = random.pick(BODIES)
  const lines = [
    `${random.pick(METHODS)} ${path.replace(/é/g, '\xe9')} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
  ]
  for (let i = random.int(0, 3); i > 0; i--) lines.push(random.pick(HEADERS))
  if (body !== '' || random.chance(0.5)) lines.push(`Content-Length: ${body.length}`)
  return [...lines, '', body].join('\r\n')
}
