import type { HttpRow } from './http-rows.ts'

const INDEX = 'application/vnd.oci.image.index.v1+json'
const TYPE = 'application/vnd.example.sbom'

/** Uploads: `{session}` has no bytes, `{session3}` has `hel`; `{hello}` is the digest of `hello`. */
export const uploadRows: readonly HttpRow[] = [
  { request: 'POST /v2/a/b/blobs/uploads/', status: 202, has: { range: '0-0' } },
  { request: 'POST /v2/a/b/blobs/uploads', status: 202 },
  { request: 'GET /v2/a/b/blobs/uploads/', status: 405, code: 'UNSUPPORTED' },
  {
    request: 'POST /v2/a/b/blobs/uploads/?digest={hello}',
    body: 'hello',
    status: 201,
    has: { location: '/v2/a/b/blobs/{hello}', 'docker-content-digest': '{hello}' },
  },
  {
    request: 'POST /v2/a/b/blobs/uploads/?digest={hello}',
    body: 'HELLO',
    status: 400,
    code: 'DIGEST_INVALID',
  },
  { request: 'POST /v2/a/b/blobs/uploads/?digest=bad', body: 'hello', status: 400, code: 'DIGEST_INVALID' },
  { request: 'PUT {session}', body: 'hello', status: 400, code: 'DIGEST_INVALID' },
  { request: 'PUT {session}?digest=bad', body: 'hello', status: 400, code: 'DIGEST_INVALID' },
  { request: 'PUT {session}?digest={unknown}', body: 'hello', status: 400, code: 'DIGEST_INVALID' },
  { request: 'PUT {session}?digest={hello}', body: 'hello', status: 201 },
  { request: 'GET {session}', status: 204, has: { range: '0-0', 'content-length': null } },
  { request: 'GET {session3}', status: 204, has: { range: '0-2' } },
  { request: 'PATCH {session}', body: 'hel', status: 202, has: { range: '0-2' } },
  {
    request: 'PATCH {session}',
    headers: { 'content-range': '0-2' },
    body: 'hel',
    status: 202,
    has: { range: '0-2' },
  },
  {
    request: 'PATCH {session3}',
    headers: { 'content-range': '3-5' },
    body: 'lo ',
    status: 202,
    has: { range: '0-5' },
  },
  {
    request: 'PATCH {session3}',
    headers: { 'content-range': 'bytes 3-5/11' },
    body: 'lo ',
    status: 202,
    has: { range: '0-5' },
  },
  ...['', 'x', '5', '5-', '-5', '5-3', '0-2,3-5', 'bytes', '0x0-0x2'].map((range) => ({
    request: 'PATCH {session}',
    headers: { 'content-range': range },
    body: 'hel',
    status: 400,
    code: 'BLOB_UPLOAD_INVALID',
  })),
  {
    request: 'PATCH {session}',
    headers: { 'content-range': '0-5' },
    body: 'hel',
    status: 400,
    code: 'SIZE_INVALID',
  },
  ...['0-2', '1-3', '4-6'].map((range) => ({
    request: 'PATCH {session3}',
    headers: { 'content-range': range },
    body: 'hel',
    status: 416,
    code: 'RANGE_INVALID',
    has: { range: '0-2' },
  })),
  {
    request: 'PATCH {session}',
    headers: { 'content-range': '3-5' },
    body: 'hel',
    status: 416,
    code: 'RANGE_INVALID',
    has: { range: null },
  },
  {
    request: 'PUT {session3}?digest={hello}',
    headers: { 'content-range': '1-2' },
    body: 'lo',
    status: 416,
    code: 'RANGE_INVALID',
    has: { range: '0-2' },
  },
  { request: 'PUT {session3}?digest={hello}', headers: { 'content-range': '3-4' }, body: 'lo', status: 201 },
  { request: 'PUT {session3}?digest={hello}', body: 'lo', status: 201 },
  { request: 'DELETE {session3}', status: 204, text: '' },
  ...['GET', 'PATCH', 'DELETE'].map((method) => ({
    request: `${method} /v2/a/b/blobs/uploads/unknown`,
    status: 404,
    code: 'BLOB_UPLOAD_UNKNOWN',
  })),
  { request: 'GET /v2/a/b/blobs/uploads/%ff', status: 400, code: 'NAME_INVALID' },
  { request: 'GET /v2/a/b/blobs/uploads/!!', status: 404, code: 'BLOB_UPLOAD_UNKNOWN' },
]

/** Mounts: what cannot be mounted can be uploaded. */
export const mountRows: readonly HttpRow[] = [
  {
    request: 'POST /v2/c/blobs/uploads/?mount={blob}&from=a/b',
    status: 201,
    has: { location: '/v2/c/blobs/{blob}', 'docker-content-digest': '{blob}' },
  },
  { request: 'POST /v2/c/blobs/uploads/?mount={blob}', status: 201 },
  ...[
    'mount={unknown}&from=a/b',
    'mount={blob}&from=none',
    'mount={blob}&from=UPPER',
    'mount=bad&from=a/b',
    'mount=',
  ].map((query) => ({ request: `POST /v2/c/blobs/uploads/?${query}`, status: 202, has: { range: '0-0' } })),
]

/** Tags and referrers: `{sbom}` refers to the image. */
export const listRows: readonly HttpRow[] = [
  { request: 'GET /v2/a/b/tags/list', status: 200, text: '{"name":"a/b","tags":["latest","v1"]}' },
  { request: 'GET /v2/a/b/tags/list?n=1000', status: 200, has: { link: null } },
  {
    request: 'GET /v2/a/b/tags/list?n=1',
    status: 200,
    text: '{"name":"a/b","tags":["latest"]}',
    has: { link: '</v2/a/b/tags/list?n=1&last=latest>; rel="next"' },
  },
  {
    request: 'GET /v2/a/b/tags/list?n=1&last=latest',
    status: 200,
    text: '{"name":"a/b","tags":["v1"]}',
    has: { link: null },
  },
  { request: 'GET /v2/a/b/tags/list?n=2', status: 200, has: { link: null } },
  {
    request: 'GET /v2/a/b/tags/list?n=0',
    status: 200,
    text: '{"name":"a/b","tags":[]}',
    has: { link: null },
  },
  { request: 'GET /v2/a/b/tags/list?last=m', status: 200, text: '{"name":"a/b","tags":["v1"]}' },
  { request: 'GET /v2/a/b/tags/list?last=-bad', status: 200, text: '{"name":"a/b","tags":["latest","v1"]}' },
  ...['INVALID', '-1', '1.5', '1e3', ''].map((n) => ({
    request: `GET /v2/a/b/tags/list?n=${n}`,
    status: 400,
    code: 'PAGINATION_NUMBER_INVALID',
  })),
  { request: 'GET /v2/none/tags/list', status: 404, code: 'NAME_UNKNOWN' },
  { request: 'PUT /v2/a/b/tags/list', status: 405, code: 'UNSUPPORTED' },
  {
    request: 'GET /v2/a/b/referrers/{image}',
    status: 200,
    text: '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{sbomDescriptor}]}',
    has: { 'content-type': INDEX, 'oci-filters-applied': null, link: null },
  },
  {
    request: `GET /v2/a/b/referrers/{image}?artifactType=${TYPE}`,
    status: 200,
    has: { 'oci-filters-applied': 'artifactType' },
  },
  ...[
    '/v2/a/b/referrers/{image}?artifactType=application/vnd.example.other',
    '/v2/a/b/referrers/{unknown}',
    '/v2/none/referrers/{image}',
    '/v2/a/b/referrers/{image}?artifactType=no-type',
    '/v2/a/b/referrers/{image}?artifactType=*/*',
    '/v2/a/b/referrers/{image}?artifactType=a/b;c=d',
    `/v2/a/b/referrers/{image}?artifactType=a/${'b'.repeat(300)}`,
  ].map((path) => ({
    request: `GET ${path}`,
    status: 200,
    text: '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
  })),
  { request: 'GET /v2/a/b/referrers/latest', status: 400, code: 'DIGEST_INVALID' },
  { request: 'GET /v2/a/b/referrers/sha256:bad', status: 400, code: 'DIGEST_INVALID' },
]
