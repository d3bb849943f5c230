/** Operations and the events of each. */

import { expect } from 'vitest'
import type { Ocikit } from '../../src/index.ts'
import {
  type Answer,
  digestOf,
  emptyIndex,
  INDEX,
  LOREM,
  locationOf,
  pushIndex,
  type Sent,
  send,
  withDigest,
} from '../server/http.ts'
import { BLOB, DIGEST, MANIFEST } from './event-world.ts'

const OCTETS = 'application/octet-stream'
const REFERRER = emptyIndex('sig', {
  artifactType: 'a/sig',
  subject: { mediaType: INDEX, digest: DIGEST, size: 1 },
})

const blob = { type: 'blob', repository: 'a', digest: BLOB, size: LOREM.length, mediaType: OCTETS } as const
const manifest = {
  type: 'manifest',
  repository: 'a',
  digest: DIGEST,
  size: MANIFEST.length,
  mediaType: INDEX,
} as const
const { type: _, ...of } = manifest
const pulled = { type: 'pull', repository: 'a' } as const
export const blobs = '/v2/a/blobs'
export const manifests = '/v2/a/manifests'
export const headers = { 'content-type': INDEX }

/** A request, or several, and what is told of it. */
export interface Row {
  readonly name: string
  readonly make: (kit: Ocikit) => Promise<Answer>
  readonly status: number
  readonly after: readonly object[]
  /** The same as `after`, if nothing else is said. */
  readonly before?: readonly object[]
  /** What the context of each event says that the request is about. */
  readonly action?: object
}

/** What a request to an endpoint of a repository is about. */
const about = (endpoint: string, method: string, resource?: unknown, repository = 'a') => ({
  endpoint,
  method,
  repository,
  ...(resource === undefined ? {} : { resource }),
})
/** The end of an upload, whose id means something only to the registry. */
const ENDED = about('upload', 'PUT', expect.any(String))

const { size: __, ...unsized } = blob
export const rows: readonly Row[] = [
  {
    name: 'a blob in one POST',
    make: (kit) => send(kit, 'POST', `${blobs}/uploads/?digest=${BLOB}`, { body: LOREM }),
    status: 201,
    action: about('uploads', 'POST'),
    after: [blob],
  },
  {
    name: 'a blob in a PUT',
    make: (kit) => upload(kit, { body: LOREM }),
    status: 201,
    action: ENDED,
    before: [unsized],
    after: [blob],
  },
  {
    name: 'a blob in chunks',
    make: (kit) => upload(kit, { body: LOREM.slice(9) }, LOREM.slice(0, 9)),
    status: 201,
    action: ENDED,
    before: [unsized],
    after: [blob],
  },
  {
    name: 'a blob with a wrong digest',
    make: (kit) => upload(kit, { body: 'other' }),
    status: 400,
    action: ENDED,
    before: [unsized],
    after: [],
  },
  {
    name: 'an upload that is begun, asked for and cancelled',
    async make(kit) {
      const begun = await send(kit, 'POST', `${blobs}/uploads/`)
      await send(kit, 'GET', locationOf(begun))
      return send(kit, 'DELETE', locationOf(begun))
    },
    status: 204,
    after: [],
  },
  {
    name: 'a mount',
    make: (kit) => send(kit, 'POST', `/v2/b/blobs/uploads/?mount=${BLOB}&from=a`),
    status: 201,
    action: { ...about('uploads', 'POST', undefined, 'b'), from: 'a' },
    before: [{ type: 'mount', repository: 'b', digest: BLOB, from: 'a', mediaType: OCTETS }],
    after: [{ ...blob, type: 'mount', repository: 'b', from: 'a' }],
  },
  {
    name: 'a mount of what is not there',
    make: (kit) => send(kit, 'POST', `/v2/b/blobs/uploads/?mount=${digestOf('no')}&from=a`),
    status: 202,
    action: { ...about('uploads', 'POST', undefined, 'b'), from: 'a' },
    before: [{ type: 'mount', repository: 'b', digest: digestOf('no'), from: 'a', mediaType: OCTETS }],
    after: [],
  },
  {
    name: 'a manifest by tag',
    make: (kit) => pushIndex(kit, 'a', 'v1', { body: MANIFEST }),
    status: 201,
    action: about('manifest', 'PUT', 'v1'),
    after: [
      { ...manifest, tags: ['v1'] },
      { ...of, type: 'tag', tag: 'v1' },
    ],
  },
  {
    name: 'a manifest by digest, with tags',
    make: (kit) => send(kit, 'PUT', `${manifests}/${DIGEST}?tag=x&tag=y`, { headers, body: MANIFEST }),
    status: 201,
    action: about('manifest', 'PUT', DIGEST),
    after: [
      { ...manifest, tags: ['x', 'y'] },
      { ...of, type: 'tag', tag: 'x' },
      { ...of, type: 'tag', tag: 'y' },
    ],
  },
  {
    name: 'a referrer',
    make: (kit) => send(kit, 'PUT', `${manifests}/${digestOf(REFERRER)}`, { headers, body: REFERRER }),
    status: 201,
    action: about('manifest', 'PUT', digestOf(REFERRER)),
    after: [
      { ...manifest, digest: digestOf(REFERRER), size: REFERRER.length, tags: [] },
      {
        ...of,
        type: 'referrer',
        digest: digestOf(REFERRER),
        size: REFERRER.length,
        to: DIGEST,
        artifactType: 'a/sig',
      },
    ],
  },
  {
    name: 'a manifest that is none',
    make: (kit) => pushIndex(kit, 'a', 'v1', { body: 'none' }),
    status: 400,
    action: about('manifest', 'PUT', 'v1'),
    before: [
      { ...manifest, digest: digestOf('none'), size: 4, tags: ['v1'] },
      { ...of, type: 'tag', digest: digestOf('none'), size: 4, tag: 'v1' },
    ],
    after: [],
  },
  ...(['blob', 'manifest'] as const).map((what): Row => {
    const digest = what === 'blob' ? BLOB : DIGEST
    return {
      name: `the deletion of a ${what}`,
      make: (kit) => send(kit, 'DELETE', `/v2/a/${what}s/${digest}`),
      status: 202,
      action: about(what, 'DELETE', digest),
      after: [{ type: 'delete', repository: 'a', what, digest }],
    }
  }),
  {
    name: 'the deletion of a tag',
    make: (kit) => send(kit, 'DELETE', `${manifests}/v1`),
    status: 202,
    action: about('manifest', 'DELETE', 'v1'),
    after: [{ type: 'delete', repository: 'a', what: 'tag', tag: 'v1' }],
  },
  {
    name: 'the deletion of what is not there',
    make: (kit) => send(kit, 'DELETE', `${manifests}/none`),
    status: 404,
    action: about('manifest', 'DELETE', 'none'),
    before: [{ type: 'delete', repository: 'a', what: 'tag', tag: 'none' }],
    after: [],
  },
  {
    name: 'a pull of a blob',
    make: (kit) => send(kit, 'GET', `${blobs}/${BLOB}`),
    status: 200,
    action: about('blob', 'GET', BLOB),
    before: [{ ...pulled, what: 'blob', digest: BLOB }],
    after: [{ ...blob, ...pulled, what: 'blob' }],
  },
  {
    name: 'a pull of a part of a blob',
    make: (kit) => send(kit, 'GET', `${blobs}/${BLOB}`, { headers: { range: 'bytes=2-4' } }),
    status: 206,
    action: about('blob', 'GET', BLOB),
    before: [{ ...pulled, what: 'blob', digest: BLOB }],
    after: [{ ...blob, ...pulled, what: 'blob', range: { offset: 2, length: 3 } }],
  },
  {
    name: 'a pull of a manifest by tag',
    make: (kit) => send(kit, 'GET', `${manifests}/v1`),
    status: 200,
    action: about('manifest', 'GET', 'v1'),
    before: [{ ...pulled, what: 'manifest', tag: 'v1' }],
    after: [{ ...of, ...pulled, what: 'manifest', tag: 'v1' }],
  },
  {
    name: 'a pull of a manifest by digest',
    make: (kit) => send(kit, 'GET', `${manifests}/${DIGEST}`),
    status: 200,
    action: about('manifest', 'GET', DIGEST),
    before: [{ ...pulled, what: 'manifest', digest: DIGEST }],
    after: [{ ...of, ...pulled, what: 'manifest' }],
  },
  {
    name: 'a pull of what is not there',
    make: (kit) => send(kit, 'GET', `${manifests}/none`),
    status: 404,
    action: about('manifest', 'GET', 'none'),
    before: [{ ...pulled, what: 'manifest', tag: 'none' }],
    after: [],
  },
  ...[
    `HEAD ${manifests}/v1`,
    `HEAD ${blobs}/${BLOB}`,
    ...[
      '/v2/a/tags/list',
      '/v2/_catalog',
      '/v2/_oci/ext/discover',
      `/v2/a/referrers/${DIGEST}`,
      '/v2/',
    ].flatMap((path) => [`GET ${path}`, `HEAD ${path}`]),
  ].map((request): Row => {
    const [method = '', path = ''] = request.split(' ')
    return {
      name: request.replace(/sha256:\w+/, '<digest>'),
      make: (kit) => send(kit, method, path),
      status: 200,
      after: [],
    }
  }),
]

async function upload(kit: Ocikit, sent: Sent, chunk?: string): Promise<Answer> {
  const begun = await send(kit, 'POST', '/v2/a/blobs/uploads/')
  const next = chunk === undefined ? begun : await send(kit, 'PATCH', locationOf(begun), { body: chunk })
  return send(kit, 'PUT', withDigest(locationOf(next), BLOB), sent)
}
