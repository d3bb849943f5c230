/**
 * One request and its answer each, over HTTP, against a registry that holds a little. In paths and headers
 * `{name}` stands for what {@link ./http-seed.ts} put there; `a/b` is its repository.
 */

/** What is sent and what comes back. */
export interface HttpRow {
  readonly request: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly status: number
  /** Of the first error. */
  readonly code?: string
  /** Headers of the answer; null for one that is not there. */
  readonly has?: Readonly<Record<string, string | null>>
  /** The body. */
  readonly text?: string
}

const INDEX = 'application/vnd.oci.image.index.v1+json'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const noRange = { 'content-range': null }

/** Outside of repositories. */
export const rootRows: readonly HttpRow[] = [
  { request: 'GET /v2', status: 200, text: '{}' },
  { request: 'GET /v2/', status: 200, text: '{}', has: { 'content-type': 'application/json' } },
  { request: 'HEAD /v2/', status: 200, text: '', has: { 'content-length': '2' } },
  { request: 'PUT /v2/', status: 405, code: 'UNSUPPORTED', has: { allow: 'GET, HEAD' } },
  { request: 'GET /v2/bad', status: 404, code: 'NOT_FOUND' },
  { request: 'GET /v2/blobs/{blob}', status: 404, code: 'NOT_FOUND' },
  { request: 'GET /v2/manifests/latest', status: 404, code: 'NOT_FOUND' },
  { request: 'GET /v2/a/b/unknown/thing', status: 404, code: 'NOT_FOUND' },
  { request: 'GET /', status: 404, code: 'NOT_FOUND' },
  { request: 'GET /v2/_catalog', status: 200, text: '{"repositories":["a/b","c"]}', has: { link: null } },
  {
    request: 'GET /v2/_catalog?n=1',
    status: 200,
    has: { link: '</v2/_catalog?n=1&last=a%2Fb>; rel="next"' },
  },
  {
    request: 'GET /v2/_catalog?n=1&last=a/b',
    status: 200,
    text: '{"repositories":["c"]}',
    has: { link: null },
  },
  { request: 'GET /v2/_catalog?n=x', status: 400, code: 'PAGINATION_NUMBER_INVALID' },
  { request: 'DELETE /v2/_catalog', status: 405, code: 'UNSUPPORTED' },
]

/** Blobs. The seed is `hello world`. */
export const blobRows: readonly HttpRow[] = [
  {
    request: 'POST /v2/a/b/blobs/{blob}',
    status: 405,
    has: { allow: 'GET, HEAD, DELETE' },
    code: 'UNSUPPORTED',
  },
  { request: 'GET /v2/none/blobs/{blob}', status: 404, code: 'BLOB_UNKNOWN' },
  { request: 'GET /v2/c/blobs/{blob}', status: 404, code: 'BLOB_UNKNOWN' },
  { request: 'GET /v2/a/b/blobs/{unknown}', status: 404, code: 'BLOB_UNKNOWN' },
  { request: 'HEAD /v2/a/b/blobs/{unknown}', status: 404, text: '' },
  { request: 'GET /v2/a/b/blobs/sha256:bad', status: 400, code: 'DIGEST_INVALID' },
  { request: 'GET /v2/a/b/blobs/latest', status: 400, code: 'DIGEST_INVALID' },
  {
    request: 'GET /v2/a/b/blobs/{blob}',
    status: 200,
    text: 'hello world',
    has: {
      'docker-content-digest': '{blob}',
      'content-length': '11',
      'content-type': 'application/octet-stream',
      'accept-ranges': 'bytes',
      etag: '"{blob}"',
    },
  },
  {
    request: 'HEAD /v2/a/b/blobs/{blob}',
    status: 200,
    text: '',
    has: { 'docker-content-digest': '{blob}', 'content-length': '11' },
  },
  ...Object.entries({
    'bytes=1-4': ['ello', '1-4'],
    'bytes=3-': ['lo world', '3-10'],
    'bytes=-5': ['world', '6-10'],
    'bytes=0-999': ['hello world', '0-10'],
  }).map(([range, [text, span]]) => ({
    request: 'GET /v2/a/b/blobs/{blob}',
    headers: { range },
    status: 206,
    text: text!,
    has: { 'content-length': String(text!.length), 'content-range': `bytes ${span}/11` },
  })),
  ...['bytes=11-', 'bytes=200-', 'bytes=5-4', 'bytes=-0'].map((range) => ({
    request: 'GET /v2/a/b/blobs/{blob}',
    headers: { range },
    status: 416,
    code: 'RANGE_INVALID',
    has: { 'content-range': 'bytes */11' },
  })),
  ...['lines=1-2', 'bytes=x', 'bytes=1-2,4-5'].map((range) => ({
    request: 'GET /v2/a/b/blobs/{blob}',
    headers: { range },
    status: 200,
    text: 'hello world',
    has: noRange,
  })),
  { request: 'DELETE /v2/a/b/blobs/{blob}', status: 202, text: '', has: { 'content-length': '0' } },
  { request: 'DELETE /v2/a/b/blobs/{unknown}', status: 404, code: 'BLOB_UNKNOWN' },
  { request: 'DELETE /v2/a/b/blobs/sha256:bad', status: 400, code: 'DIGEST_INVALID' },
]

/** Manifests and tags: `latest` and `v1` name the image. */
export const manifestRows: readonly HttpRow[] = [
  { request: 'PATCH /v2/a/b/manifests/latest', status: 405, code: 'UNSUPPORTED' },
  { request: 'GET /v2/none/manifests/latest', status: 404, code: 'MANIFEST_UNKNOWN' },
  { request: 'GET /v2/a/b/manifests/none', status: 404, code: 'MANIFEST_UNKNOWN' },
  { request: 'GET /v2/a/b/manifests/{unknown}', status: 404, code: 'MANIFEST_UNKNOWN' },
  { request: 'GET /v2/a/b/manifests/-bad', status: 400, code: 'TAG_INVALID' },
  { request: 'DELETE /v2/a/b/manifests/-bad', status: 400, code: 'TAG_INVALID' },
  { request: 'GET /v2/a/b/manifests/sha256:bad', status: 400, code: 'DIGEST_INVALID' },
  ...['latest', '{image}'].flatMap((reference) =>
    ['GET', 'HEAD'].map((method) => ({
      request: `${method} /v2/a/b/manifests/${reference}`,
      status: 200,
      has: { 'docker-content-digest': '{image}', 'content-type': MANIFEST, 'content-length': '{imageSize}' },
    })),
  ),
  ...[
    '',
    MANIFEST,
    `text/html, ${MANIFEST};q=0.5`,
    '*/*',
    'application/*',
    INDEX,
    'text/*',
    `${MANIFEST};q=0`,
  ].map((accept) => ({
    request: 'GET /v2/a/b/manifests/latest',
    ...(accept === '' ? {} : { headers: { accept } }),
    status: 200,
    has: { 'content-type': MANIFEST },
  })),
  { request: 'PUT /v2/a/b/manifests/new', body: 'opaque', status: 400, code: 'MANIFEST_INVALID' },
  {
    request: 'PUT /v2/a/b/manifests/new',
    headers: { 'content-type': 'text/html' },
    body: '{index}',
    status: 400,
    code: 'MANIFEST_INVALID',
  },
  {
    request: 'PUT /v2/a/b/manifests/new',
    headers: { 'content-type': INDEX },
    body: '{index}',
    status: 201,
    has: { location: '/v2/a/b/manifests/new', 'docker-content-digest': '{indexDigest}', 'oci-tag': null },
  },
  {
    request: 'PUT /v2/a/b/manifests/new?tag=more&tag=most',
    headers: { 'content-type': INDEX },
    body: '{index}',
    status: 201,
    has: { 'oci-tag': 'new, more, most' },
  },
  { request: 'PUT /v2/a/b/manifests/new?tag=-bad', body: '{index}', status: 400, code: 'TAG_INVALID' },
  { request: 'PUT /v2/a/b/manifests/{unknown}', body: '{index}', status: 400, code: 'DIGEST_INVALID' },
  {
    request: 'PUT /v2/a/b/manifests/new',
    body: '{indexMissing}',
    status: 404,
    code: 'MANIFEST_BLOB_UNKNOWN',
  },
  {
    request: 'PUT /v2/a/b/manifests/new',
    body: '{"schemaVersion":2,',
    status: 400,
    code: 'MANIFEST_INVALID',
  },
  { request: 'PUT /v2/a/b/manifests/new', body: '{tooLong}', status: 413, code: 'SIZE_INVALID' },
  { request: 'DELETE /v2/none/manifests/latest', status: 404, code: 'MANIFEST_UNKNOWN' },
  { request: 'DELETE /v2/a/b/manifests/none', status: 404, code: 'MANIFEST_UNKNOWN' },
  { request: 'DELETE /v2/a/b/manifests/latest', status: 202, text: '' },
  { request: 'DELETE /v2/a/b/manifests/{image}', status: 202, text: '' },
]
