import {
  type Answer,
  finish,
  locationOf,
  patch,
  patched,
  pushed,
  send,
  startUpload,
  withQuery,
} from '../api.ts'
import * as check from '../check.ts'
import { ALGORITHMS, type Algorithm, blob, type Content } from '../data.ts'
import type { Row, Target } from '../target.ts'
import { blobLife } from './life.ts'

/** Blobs in several chunks, in order and out of it. */
export const rows: Row[] = ALGORITHMS.flatMap((algorithm) => [
  row(algorithm, 'chunked multi', async (upload) => {
    await upload.send(0)
    await upload.send(1)
    await upload.send(2)
    await upload.finish()
  }),
  row(algorithm, 'chunked multi and put chunk', async (upload) => {
    await upload.send(0)
    await upload.send(1)
    await upload.finish(2)
  }),
  row(algorithm, 'chunked out-of-order', async (upload) => {
    await upload.refused(1)
    await upload.send(0)
    await upload.refused(2)
    await upload.send(1)
    await upload.refused(0)
    await upload.send(2)
    await upload.finish()
  }),
  row(algorithm, 'chunked out-of-order and put chunk', async (upload) => {
    await upload.refused(1)
    await upload.send(0)
    await upload.refused(2, 'PUT')
    await upload.send(1)
    await upload.refused(0)
    await upload.finish(2)
  }),
  row(algorithm, 'chunked with the last chunk sent twice', async (upload) => {
    await upload.send(0)
    await upload.refused(0)
    await upload.send(1)
    await upload.refused(1)
    await upload.send(2)
    await upload.refused(2)
    await upload.refused(2, 'PUT')
    await upload.finish()
  }),
  row(algorithm, 'chunked, resumed at an older Location', async (upload) => {
    await upload.send(0)
    upload.rewind()
    await upload.send(1)
    upload.rewind()
    await upload.finish(2)
  }),
])

function row(algorithm: Algorithm, name: string, push: (upload: Chunked) => Promise<void>): Row {
  return {
    name: `${algorithm} blobs/${name}`,
    async run(target) {
      const upload = await begin(target, algorithm)
      await push(upload)
      await blobLife(target, target.repo1, upload.it)
    },
  }
}

/** An upload of three chunks; the session is followed from Location to Location. */
interface Chunked {
  readonly it: Content
  /** Sends a chunk that must be taken. */
  send(no: number): Promise<void>
  /** Sends a chunk that must be refused, after which the session must be as it was. */
  refused(no: number, method?: 'PATCH' | 'PUT'): Promise<void>
  /** Goes back to the first Location. */
  rewind(): void
  /** Ends the upload, with a last chunk or without. */
  finish(no?: number): Promise<void>
}

async function begin(target: Target, algorithm: Algorithm): Promise<Chunked> {
  const { url: first, answer } = await startUpload(target, target.repo1)
  const size = Math.max(1024, Number(answer.headers.get('oci-chunk-min-length') ?? 0))
  const it = blob(size * 3 - 5, algorithm)
  const chunk = (no: number) => it.bytes.slice(no * size, (no + 1) * size)
  let url = first
  let stored = 0
  const put = (no: number) =>
    send(target, 'PUT', withQuery(url, { digest: it.digest }), {
      headers: {
        'content-type': 'application/octet-stream',
        'content-range': `${no * size}-${no * size + chunk(no).length - 1}`,
      },
      body: chunk(no),
    })
  return {
    it,
    async send(no) {
      url = await patched(target, url, chunk(no), no * size)
      stored += chunk(no).length
    },
    async refused(no, method = 'PATCH') {
      const answer = method === 'PUT' ? await put(no) : await patch(target, url, chunk(no), no * size)
      check.status(answer, 416)
      // The same URL is asked, with the digest if it has one.
      const status = await send(target, 'GET', answer.url)
      checkStatus(status, stored)
      url = locationOf(status)
    },
    rewind() {
      url = first
    },
    async finish(no) {
      await pushed(target, no === undefined ? await finish(target, url, it.digest) : await put(no), it)
    },
  }
}

function checkStatus(answer: Answer, stored: number): void {
  check.status(answer, 204)
  check.header(answer, 'range', stored === 0 ? /^0-/ : `0-${stored - 1}`)
}
