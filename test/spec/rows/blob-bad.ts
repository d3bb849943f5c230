import { blobAt, finish, locationOf, patched, send, startUpload, uploadsAt, withQuery } from '../api.ts'
import * as check from '../check.ts'
import { ALGORITHMS, type Algorithm, blob, type Content, unknownDigest } from '../data.ts'
import type { Row, Target } from '../target.ts'

/** Blobs that are not there, and blobs that are not what their digest says. */
export const rows: Row[] = ALGORITHMS.flatMap((algorithm) => [
  {
    name: `${algorithm} blobs/get-missing`,
    async run(target) {
      check.status(await send(target, 'GET', blobAt(target.repo1, unknownDigest(algorithm))), 404)
      check.status(await send(target, 'HEAD', blobAt(target.repo1, unknownDigest(algorithm))), 404)
    },
  },
  row(algorithm, 'post only', async (target, it, digest) => {
    const answer = await send(target, 'POST', withQuery(uploadsAt(target.repo1), { digest }), {
      headers: { 'content-type': 'application/octet-stream' },
      body: it.bytes,
    })
    check.status(answer, 400, 202)
    if (answer.status === 202) check.status(await finish(target, locationOf(answer), digest, it.bytes), 400)
  }),
  row(algorithm, 'post+put', async (target, it, digest) => {
    const { url } = await startUpload(target, target.repo1)
    check.status(await finish(target, url, digest, it.bytes), 400)
  }),
  row(algorithm, 'chunked', async (target, it, digest) => {
    const { url } = await startUpload(target, target.repo1)
    check.status(await finish(target, await patched(target, url, it.bytes, 0), digest), 400)
  }),
  row(algorithm, 'chunked and put chunk', async (target, it, digest) => {
    const { url } = await startUpload(target, target.repo1)
    const next = await patched(target, url, it.bytes.slice(0, 256), 0)
    const answer = await send(target, 'PUT', withQuery(next, { digest }), {
      headers: { 'content-type': 'application/octet-stream', 'content-range': '256-511' },
      body: it.bytes.slice(256),
    })
    check.status(answer, 400)
  }),
  row(algorithm, 'stream', async (target, it, digest) => {
    const { url } = await startUpload(target, target.repo1)
    const answer = await send(target, 'PATCH', url, { body: it.bytes, stream: true })
    check.status(answer, 202)
    check.status(await finish(target, locationOf(answer), digest), 400)
  }),
])

function row(
  algorithm: Algorithm,
  name: string,
  push: (target: Target, it: Content, digest: string) => Promise<void>,
): Row {
  return {
    name: `${algorithm} blobs/bad digest ${name}`,
    async run(target) {
      const it = blob(512, algorithm)
      const other = unknownDigest(algorithm)
      await push(target, it, other)
      for (const digest of [it.digest, other]) {
        check.status(await send(target, 'GET', blobAt(target.repo1, digest)), 404)
      }
    },
  }
}
