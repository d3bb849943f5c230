import {
  type Answer,
  blobAt,
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
import { blob, unknownDigest, wrong } from '../data.ts'
import type { Row, Target } from '../target.ts'
import { deleteBlob } from './life.ts'

/** The life of an upload session, from POST to its end. */
export const rows: Row[] = [
  row('post cancel', async (target) => {
    const { url } = await startUpload(target, target.repo1)
    check.status(await send(target, 'DELETE', url), 204)
    await gone(target, url)
  }),
  row('cancel after a chunk', async (target) => {
    const { url } = await startUpload(target, target.repo1)
    const next = await patched(target, url, blob().bytes, 0)
    check.status(await send(target, 'DELETE', next), 204)
    await gone(target, next)
    await gone(target, url)
  }),
  row('headers of a fresh session', async (target) => {
    const { answer, url } = await startUpload(target, target.repo1)
    check.header(answer, 'range', '0-0')
    check.header(answer, 'docker-upload-uuid', /^[\w.~=-]+$/)
    check.that(
      new URL(url).pathname.includes(uploadsAt(target.repo1)),
      'a Location below the uploads of the repository',
    )
    const path = new URL(url).pathname
    check.that(decodeURIComponent(path) === path, 'a Location that needs no percent-encoding')
    const status = await send(target, 'GET', url)
    check.status(status, 204)
    check.header(status, 'range', '0-0')
    check.header(status, 'docker-upload-uuid')
    check.header(status, 'location')
  }),
  row('Location without a host', async (target) => {
    check.header((await startUpload(target, target.repo1)).answer, 'location', /^\/v2\//)
  }),
  row('without the trailing slash', async (target) => {
    check.status(await send(target, 'POST', uploadsAt(target.repo1).slice(0, -1)), 202)
  }),
  row('POST with a JSON type and no body', async (target) => {
    const answer = await send(target, 'POST', uploadsAt(target.repo1), {
      headers: { 'content-type': 'application/json' },
    })
    check.status(answer, 202)
  }),
  row('PATCH without a type, with the liberal forms of Content-Range', async (target) => {
    const it = blob()
    const { url } = await startUpload(target, target.repo1)
    const send1 = (where: string, range: string, from: number) =>
      send(target, 'PATCH', where, {
        headers: { 'content-range': range },
        body: it.bytes.slice(from, from + 256),
      })
    const first = await send1(url, 'bytes 0-255/512', 0)
    check.status(first, 202)
    const second = await send1(locationOf(first), 'bytes 256-511/*', 256)
    check.status(second, 202)
    await end(target, await finish(target, locationOf(second), it.digest), it)
  }),
  row('the order of the query does not matter', async (target) => {
    const it = blob()
    const { url } = await startUpload(target, target.repo1)
    const sorted = new URL(await patched(target, url, it.bytes, 0))
    sorted.search = new URLSearchParams([
      ['digest', it.digest],
      ...sorted.searchParams,
      ['zzz', '1'],
    ]).toString()
    await end(target, await send(target, 'PUT', sorted.href), it)
  }),
  row('status after the end', async (target) => {
    const it = blob()
    const { url } = await startUpload(target, target.repo1)
    await pushed(target, await finish(target, url, it.digest, it.bytes), it)
    check.error(await send(target, 'GET', url), 404, 'BLOB_UPLOAD_UNKNOWN')
    await deleteBlob(target, target.repo1, it)
  }),
  row('the same last PUT again', async (target) => {
    const it = blob()
    const { url } = await startUpload(target, target.repo1)
    const next = await patched(target, url, it.bytes, 0)
    await pushed(target, await finish(target, next, it.digest), it)
    await end(target, await finish(target, next, it.digest), it)
  }),
  row('the same blob twice', async (target) => {
    const it = blob()
    for (const _ of [1, 2]) {
      const { url } = await startUpload(target, target.repo1)
      await pushed(target, await finish(target, url, it.digest, it.bytes), it)
    }
    await deleteBlob(target, target.repo1, it)
  }),
  row('the same blob four times at once', async (target) => {
    const it = blob(100_000)
    const push = async () => {
      const { url } = await startUpload(target, target.repo1)
      await pushed(target, await finish(target, url, it.digest, it.bytes), it)
    }
    await Promise.all([push(), push(), push(), push()])
    await deleteBlob(target, target.repo1, it)
  }),
  row('two writers of one chunk', async (target) => {
    const its = [blob(1024), blob(1024)] as const
    const { url } = await startUpload(target, target.repo1)
    const answers = await Promise.all(its.map((it) => patch(target, url, it.bytes, 0)))
    const winners = answers.flatMap((answer, i) => (answer.status === 202 ? [i] : []))
    check.same(winners.length, 1, 'the number of writers that were told 202')
    const [won, lost] = winners[0] === 0 ? its : [its[1], its[0]]
    check.status(await finish(target, url, lost.digest), 400)
    await end(target, await finish(target, url, won.digest), won)
  }),
  row('a wrong digest keeps the session', async (target) => {
    const it = blob()
    const { url } = await startUpload(target, target.repo1)
    const next = await patched(target, url, it.bytes, 0)
    check.error(await finish(target, next, wrong(it.digest)), 400, 'DIGEST_INVALID')
    check.status(await send(target, 'GET', blobAt(target.repo1, wrong(it.digest))), 404)
    await end(target, await finish(target, next, it.digest), it)
  }),
  row('a wrong digest with the bytes keeps the session', async (target) => {
    const it = blob()
    const { url } = await startUpload(target, target.repo1)
    check.error(await finish(target, url, wrong(it.digest), it.bytes), 400, 'DIGEST_INVALID')
    const status = await send(target, 'GET', url)
    check.status(status, 204)
    const stored = status.headers.get('range') === '0-0' ? 0 : it.bytes.length
    await end(target, await finish(target, locationOf(status), it.digest, it.bytes.slice(stored)), it)
  }),
  ...[
    '',
    '?digest=',
    '?digest=sha256:bad',
    '?digest=nonsense',
    `?digest=${unknownDigest().toUpperCase()}`,
  ].map((query) =>
    row(`PUT with '${query.slice(0, 20)}' keeps the session`, async (target) => {
      const it = blob()
      const { url } = await startUpload(target, target.repo1)
      const next = await patched(target, url, it.bytes, 0)
      const asked = query && next.includes('?') ? query.replace('?', '&') : query
      check.error(await send(target, 'PUT', next + asked), 400, 'DIGEST_INVALID')
      await end(target, await finish(target, next, it.digest), it)
    }),
  ),
  row('digests of unknown algorithms', async (target) => {
    const { url } = await startUpload(target, target.repo1)
    for (const digest of [`blake3:${'a'.repeat(64)}`, 'md5:d41d8cd98f00b204e9800998ecf8427e']) {
      check.error(await finish(target, url, digest, blob().bytes), 400, 'DIGEST_INVALID', 'UNSUPPORTED')
      const single = await send(target, 'POST', withQuery(uploadsAt(target.repo1), { digest }), {
        body: blob().bytes,
      })
      check.error(single, 400, 'DIGEST_INVALID', 'UNSUPPORTED')
    }
    const announced = await send(
      target,
      'POST',
      withQuery(uploadsAt(target.repo1), { 'digest-algorithm': 'md5' }),
    )
    check.error(announced, 400, 'DIGEST_INVALID', 'UNSUPPORTED')
  }),
]

function row(name: string, run: (target: Target) => Promise<void>): Row {
  return { name: `blobs/uploads/${name}`, run }
}

async function end(target: Target, answer: Answer, it: ReturnType<typeof blob>): Promise<void> {
  await pushed(target, answer, it)
  await deleteBlob(target, target.repo1, it)
}

async function gone(target: Target, url: string): Promise<void> {
  for (const method of ['GET', 'DELETE']) {
    check.error(await send(target, method, url), 404, 'BLOB_UPLOAD_UNKNOWN')
  }
  check.error(await patch(target, url, blob().bytes, 0), 404, 'BLOB_UPLOAD_UNKNOWN')
  const it = blob()
  check.error(await finish(target, url, it.digest, it.bytes), 404, 'BLOB_UPLOAD_UNKNOWN')
}
