import {
  finish,
  locationOf,
  patch,
  patched,
  pushed,
  send,
  startUpload,
  uploadsAt,
  withQuery,
} from '../api.ts'
import * as check from '../check.ts'
import { blob, word } from '../data.ts'
import type { Row, Target } from '../target.ts'
import { deleteBlob } from './life.ts'

/** Chunks that do not fit and sessions that do not exist. */
export const rows: Row[] = [
  row('out-of-order chunk tells how to go on', async (target) => {
    const it = blob(1024)
    const { url } = await startUpload(target, target.repo1)
    const early = await patch(target, url, it.bytes.slice(512), 512)
    check.error(early, 416, 'RANGE_INVALID', 'BLOB_UPLOAD_INVALID')
    check.header(early, 'location')
    check.noHeader(early, 'range')
    const next = await patched(target, url, it.bytes.slice(0, 512), 0)
    const again = await patch(target, next, it.bytes.slice(0, 512), 0)
    check.error(again, 416, 'RANGE_INVALID', 'BLOB_UPLOAD_INVALID')
    check.header(again, 'range', '0-511')
    check.header(again, 'docker-upload-uuid')
    const last = await patched(target, locationOf(again), it.bytes.slice(512), 512)
    await pushed(target, await finish(target, last, it.digest), it)
    await deleteBlob(target, target.repo1, it)
  }),
  ...['x', '0', '-5', '0-', '5-2', '0-511-600', '0x0-0x1ff', 'bytes'].map((range) =>
    row(`malformed Content-Range '${range}'`, async (target) => {
      const it = blob()
      const { url } = await startUpload(target, target.repo1)
      for (const method of ['PATCH', 'PUT']) {
        const where = method === 'PUT' ? withQuery(url, { digest: it.digest }) : url
        const answer = await send(target, method, where, {
          headers: { 'content-range': range },
          body: it.bytes,
        })
        check.error(answer, 400, 'BLOB_UPLOAD_INVALID', 'SIZE_INVALID')
      }
      await stillEmpty(target, url)
    }),
  ),
  ...[
    { name: 'longer than the body', range: '0-1023' },
    { name: 'shorter than the body', range: '0-99' },
  ].flatMap(({ name, range }) =>
    [false, true].map((stream) =>
      row(`Content-Range ${name}${stream ? ', chunked' : ''}`, async (target) => {
        const it = blob()
        const { url } = await startUpload(target, target.repo1)
        const sent = { headers: { 'content-range': range }, body: it.bytes, stream }
        check.error(await send(target, 'PATCH', url, sent), 400, 'SIZE_INVALID', 'BLOB_UPLOAD_INVALID')
        await stillEmpty(target, url)
        const put = await send(target, 'PUT', withQuery(url, { digest: it.digest }), sent)
        check.error(put, 400, 'SIZE_INVALID', 'BLOB_UPLOAD_INVALID')
        await stillEmpty(target, url)
      }),
    ),
  ),
  row('unknown and malformed ids', async (target) => {
    for (const id of [
      word(),
      '0',
      '00000000-0000-4000-8000-000000000000',
      'a'.repeat(300),
      '%00',
      '%20',
      '=',
    ]) {
      await unknown(target, `${uploadsAt(target.repo1)}${id}`)
    }
  }),
  row('ids with a changed character', async (target) => {
    const { url } = await startUpload(target, target.repo1)
    const parsed = new URL(url)
    const at = parsed.pathname.length - 4
    const other = parsed.pathname[at] === 'a' ? 'b' : 'a'
    parsed.pathname = parsed.pathname.slice(0, at) + other + parsed.pathname.slice(at + 1)
    await unknown(target, parsed.href)
  }),
  row('the session of another repository', async (target) => {
    const { url } = await startUpload(target, target.repo1)
    await unknown(target, url.replace(uploadsAt(target.repo1), uploadsAt(target.repo2)))
    check.status(await send(target, 'GET', url), 204)
  }),
]

function row(name: string, run: (target: Target) => Promise<void>): Row {
  return { name: `blobs/uploads/${name}`, run }
}

/** Nothing was stored, and the session lives. */
async function stillEmpty(target: Target, url: string): Promise<void> {
  const status = await send(target, 'GET', url)
  check.status(status, 204)
  check.header(status, 'range', '0-0')
  // `0-0` may also mean one byte: then this would be the next.
  check.status(await patch(target, url, blob().bytes, 1), 416)
}

async function unknown(target: Target, url: string): Promise<void> {
  const it = blob()
  const answers = [
    await send(target, 'GET', url),
    await patch(target, url, it.bytes, 0),
    await finish(target, url, it.digest, it.bytes),
    await send(target, 'DELETE', url),
  ]
  for (const answer of answers) check.error(answer, 404, 'BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID')
}
