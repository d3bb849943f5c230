import { type Answer, blobAt, pushBlob, send } from '../api.ts'
import * as check from '../check.ts'
import { ALGORITHMS, type Algorithm, blob, type Content } from '../data.ts'
import type { Row, Target } from '../target.ts'
import { deleteBlob } from './life.ts'

const SIZE = 2048

/** Reading a part of a blob. */
export const rows: Row[] = [
  ...ALGORITHMS.flatMap((algorithm) => [
    part(algorithm, 'bytes=500-1499', 500, 1499),
    part(algorithm, 'bytes=500-', 500, 2047),
    part(algorithm, 'bytes=-500', 1548, 2047),
    part(algorithm, 'bytes=2000-5000', 2000, 2047),
    part(algorithm, 'bytes=0-', 0, 2047),
    part(algorithm, 'bytes=0-0', 0, 0),
    part(algorithm, 'bytes=2047-2047', 2047, 2047),
    part(algorithm, 'bytes=-5000', 0, 2047),
    refused(algorithm, 'bytes=500-0'),
    refused(algorithm, 'bytes=5000-10000'),
    refused(algorithm, 'bytes=2048-'),
    refused(algorithm, 'bytes=-0'),
  ]),
  row('sha256', 'several', async (target, it) => {
    const answer = await range(target, it, 'bytes=0-99,200-299')
    check.status(answer, 200, 206, 400)
    if (answer.status === 200) check.body(answer, it.bytes)
    if (answer.status === 206) check.header(answer, 'content-type', /^multipart\/byteranges/)
  }),
  row('sha256', 'malformed ranges are ignored', async (target, it) => {
    for (const text of ['bytes=a-b', 'bytes=', 'bytes=-', 'lines=0-5', 'bytes=99999999999999999999999-']) {
      const answer = await range(target, it, text)
      check.status(answer, 200, 400, 416)
      if (answer.status === 200) check.body(answer, it.bytes)
    }
  }),
  row('sha256', 'HEAD ignores ranges', async (target, it) => {
    const answer = await send(target, 'HEAD', blobAt(target.repo1, it.digest), {
      headers: { range: 'bytes=0-9' },
    })
    check.status(answer, 200)
    check.headOf(answer, SIZE)
  }),
  row('sha256', 'Accept-Ranges', async (target, it) => {
    for (const method of ['GET', 'HEAD']) {
      check.header(await send(target, method, blobAt(target.repo1, it.digest)), 'accept-ranges', 'bytes')
    }
  }),
  row('sha256', 'If-Range', async (target, it) => {
    const ask = (tag: string) =>
      send(target, 'GET', blobAt(target.repo1, it.digest), {
        headers: { range: 'bytes=100-199', 'if-range': tag },
      })
    const same = await ask(`"${it.digest}"`)
    check.status(same, 206)
    check.body(same, it.bytes.slice(100, 200))
    // Another entity, a weak tag and a date that nobody gave all mean: send the whole.
    for (const tag of ['"sha256:other"', `W/"${it.digest}"`, 'Wed, 21 Oct 2015 07:28:00 GMT']) {
      const whole = await ask(tag)
      check.status(whole, 200)
      check.body(whole, it.bytes)
    }
  }),
  {
    name: 'sha256 blobs/range requests/of an empty blob',
    async run(target) {
      const it = blob(0)
      await pushBlob(target, target.repo1, it)
      check.status(await range(target, it, 'bytes=0-'), 200, 416)
      await deleteBlob(target, target.repo1, it)
    },
  },
]

function row(algorithm: Algorithm, name: string, run: (target: Target, it: Content) => Promise<void>): Row {
  return {
    name: `${algorithm} blobs/range requests/${name}`,
    async run(target) {
      const it = blob(SIZE, algorithm)
      await pushBlob(target, target.repo1, it)
      await run(target, it)
      await deleteBlob(target, target.repo1, it)
    },
  }
}

function part(algorithm: Algorithm, text: string, first: number, last: number): Row {
  return row(algorithm, text, async (target, it) => {
    const answer = await range(target, it, text)
    check.status(answer, 206, 200)
    if (answer.status === 200) check.skip('ranges are not supported')
    check.body(answer, it.bytes.slice(first, last + 1))
    check.header(answer, 'content-range', new RegExp(`^bytes ${first}-${last}/(${SIZE}|\\*)$`))
    check.header(answer, 'docker-content-digest', it.digest)
  })
}

function refused(algorithm: Algorithm, text: string): Row {
  return row(algorithm, text, async (target, it) => {
    const answer = await range(target, it, text)
    check.status(answer, 416, 200)
    if (answer.status === 200) check.skip('the whole blob was sent')
    check.header(answer, 'content-range', `bytes */${SIZE}`)
  })
}

function range(target: Target, it: Content, text: string): Promise<Answer> {
  return send(target, 'GET', blobAt(target.repo1, it.digest), { headers: { range: text } })
}
