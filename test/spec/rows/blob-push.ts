import {
  finish,
  locationOf,
  patched,
  pushBlob,
  pushed,
  send,
  startUpload,
  uploadsAt,
  withQuery,
} from '../api.ts'
import * as check from '../check.ts'
import { ALGORITHMS, type Algorithm, blob, type Content, content, emptyJson, OCI_EMPTY } from '../data.ts'
import type { Row, Target } from '../target.ts'
import { blobLife } from './life.ts'

/** Every way to push a blob in one go. */
export const rows: Row[] = ALGORITHMS.flatMap((algorithm) => [
  row(algorithm, 'post only', blob(512, algorithm), postOnly),
  row(algorithm, 'post+put', blob(512, algorithm), (target, it) => pushBlob(target, target.repo1, it)),
  row(algorithm, 'post+put with a chunked body', blob(512, algorithm), (target, it) =>
    putStreamed(target, it),
  ),
  row(algorithm, 'chunked single', blob(512, algorithm), chunkedSingle),
  row(algorithm, 'stream', blob(512, algorithm), stream),
  row(algorithm, 'stream and put with the rest', blob(1500, algorithm), streamAndRest),
  row(algorithm, 'empty', content(new Uint8Array(), OCI_EMPTY, algorithm), (target, it) =>
    putStreamed(target, it),
  ),
  row(algorithm, 'empty without a body', content(new Uint8Array(), OCI_EMPTY, algorithm), emptyPut),
  row(algorithm, 'emptyJSON', emptyJson(algorithm), (target, it) => pushBlob(target, target.repo1, it)),
  row(algorithm, 'several megabytes', blob(6_000_001, algorithm), (target, it) =>
    pushBlob(target, target.repo1, it),
  ),
  row(algorithm, 'announced by digest-algorithm', blob(512, algorithm), (target, it) =>
    announced(target, it, algorithm),
  ),
])

function row(
  algorithm: Algorithm,
  name: string,
  it: Content,
  push: (target: Target, it: Content) => Promise<void>,
): Row {
  return {
    name: `${algorithm} blobs/${name}`,
    async run(target) {
      await push(target, it)
      await blobLife(target, target.repo1, it)
    },
  }
}

async function postOnly(target: Target, it: Content): Promise<void> {
  const answer = await send(target, 'POST', withQuery(uploadsAt(target.repo1), { digest: it.digest }), {
    headers: { 'content-type': 'application/octet-stream' },
    body: it.bytes,
  })
  check.status(answer, 201, 202)
  if (answer.status === 201) return pushed(target, answer, it)
  await pushed(target, await finish(target, locationOf(answer), it.digest, it.bytes), it)
  check.skip('no single POST: 202 and an upload session instead')
}

async function putStreamed(target: Target, it: Content): Promise<void> {
  const { url } = await startUpload(target, target.repo1)
  const answer = await send(target, 'PUT', withQuery(url, { digest: it.digest }), {
    headers: { 'content-type': 'application/octet-stream' },
    body: it.bytes,
    stream: true,
  })
  await pushed(target, answer, it)
}

async function emptyPut(target: Target, it: Content): Promise<void> {
  const { url } = await startUpload(target, target.repo1)
  await pushed(target, await finish(target, url, it.digest), it)
}

async function chunkedSingle(target: Target, it: Content): Promise<void> {
  const { url } = await startUpload(target, target.repo1)
  await pushed(target, await finish(target, await patched(target, url, it.bytes, 0), it.digest), it)
}

async function stream(target: Target, it: Content): Promise<void> {
  const { url } = await startUpload(target, target.repo1)
  await pushed(target, await finish(target, await streamed(target, url, it.bytes, 0), it.digest), it)
}

async function streamAndRest(target: Target, it: Content): Promise<void> {
  const { url } = await startUpload(target, target.repo1)
  const second = await streamed(target, url, it.bytes.slice(0, 500), 0)
  const third = await streamed(target, second, it.bytes.slice(500, 1000), 500)
  await pushed(target, await finish(target, third, it.digest, it.bytes.slice(1000)), it)
}

/** Appends bytes as docker does: chunked framing, no Content-Range. */
async function streamed(target: Target, url: string, bytes: Uint8Array, first: number): Promise<string> {
  const answer = await send(target, 'PATCH', url, { body: bytes, stream: true })
  check.status(answer, 202)
  check.header(answer, 'range', `0-${first + bytes.length - 1}`)
  return locationOf(answer)
}

async function announced(target: Target, it: Content, algorithm: Algorithm): Promise<void> {
  const { url } = await startUpload(target, target.repo1, `?digest-algorithm=${algorithm}`)
  await pushed(target, await finish(target, await patched(target, url, it.bytes, 0), it.digest), it)
}
