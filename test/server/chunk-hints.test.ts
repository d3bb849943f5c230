import { expect, test } from 'vitest'
import { memory, type OcikitOptions, ocikit, open } from '../../src/index.ts'
import { locationOf, send } from './http.ts'

const make = (options: Partial<OcikitOptions> = {}) =>
  ocikit({ storage: memory(), auth: open(), ...options } as OcikitOptions)
const hintsOf = (headers: Headers) => [
  headers.get('oci-chunk-min-length'),
  headers.get('oci-chunk-max-length'),
]

test.each<[Partial<OcikitOptions>, unknown]>([
  [{}, [null, null]],
  [{ chunkHints: { min: 10 } }, ['10', null]],
  [{ chunkHints: { min: 10, max: 20 } }, ['10', '20']],
  [{ maxChunkSize: 30 }, [null, '30']],
  [{ chunkHints: { max: 20 }, maxChunkSize: 30 }, [null, '20']],
])('%j is told at each step of a session, also by 416', async (options, hints) => {
  const kit = make(options)
  const begun = await send(kit, 'POST', '/v2/a/blobs/uploads/')
  expect([begun.status, ...hintsOf(begun.headers)]).toEqual([202, ...(hints as string[])])
  const written = await send(kit, 'PATCH', locationOf(begun), { body: 'x' })
  expect([written.status, ...hintsOf(written.headers)]).toEqual([202, ...(hints as string[])])
  const status = await send(kit, 'GET', locationOf(written))
  expect([status.status, ...hintsOf(status.headers)]).toEqual([204, ...(hints as string[])])
  const headers = { 'content-range': '7-7' }
  const late = await send(kit, 'PATCH', locationOf(written), { headers, body: 'x' })
  expect([late.status, ...hintsOf(late.headers)]).toEqual([416, ...(hints as string[])])
})

test.each<Partial<OcikitOptions>>([
  { chunkHints: { min: 0 } },
  { chunkHints: { max: 1.5 } },
  { chunkHints: { min: 3, max: 2 } },
  { chunkHints: { min: 3 }, maxChunkSize: 2 },
  { chunkHints: { max: 3 }, maxChunkSize: 2 },
])('%j is an error', (options) => {
  expect(() => make(options)).toThrow(TypeError)
})
