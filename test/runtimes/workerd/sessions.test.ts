import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { each } from '../../../src/transfer/pool.ts'
import { temporaryFolder } from '../../clients/process.ts'
import { ask as askAlways, type Rest, sha256, streamed } from '../../crash/http.ts'
import { bundle } from './bundle.ts'
import { ONCE, startWorker, type WorkerSetup } from './start.ts'

const MIB = 1024 * 1024
const ROUNDS = 100
/** Rounds at a time: each has an upload of its own. */
const LANES = 4
const LONG = { timeout: 300_000 }

const ask = (method: string, url: string, wanted: number | number[], { headers, ...rest }: Rest = {}) =>
  askAlways(method, url, wanted, { ...rest, headers: { ...headers, ...ONCE } })

const script = await bundle(new URL('./spec-worker.ts', import.meta.url))
const setups: Record<string, WorkerSetup> = {
  R2: {},
  'R2 and Durable Objects': { sessions: 'UploadSessions' },
}

const between = (least: number, most: number): number =>
  least + Math.floor(Math.random() * (most - least + 1))

describe.each(Object.keys(setups))('upload sessions on workerd, in %s', (name) => {
  const setup = setups[name]!

  test(
    `${ROUNDS} rounds of two writers at one offset: one gets in, and the bytes are right`,
    LONG,
    async () => {
      const worker = await startWorker(script, setup)
      try {
        await each(Array.from({ length: ROUNDS }), LANES, () => race(worker.url))
      } finally {
        await worker.stop()
      }
    },
  )

  test('chunks of any size, the runtime restarted between them, are right', LONG, async () => {
    const folder = await temporaryFolder()
    try {
      const uploads = Array.from({ length: 4 }, () => new Chunked())
      for (let step = 0; step <= 5; step++) {
        const worker = await startWorker(script, { ...setup, data: folder.at('data') })
        try {
          await Promise.all(
            uploads.map((upload) => (step < 5 ? upload.next(worker.url) : upload.finish(worker.url))),
          )
        } finally {
          await worker.stop()
        }
      }
    } finally {
      await folder.remove()
    }
  })
})

/** Two writers, then the rest, and the blob. */
async function race(url: string): Promise<void> {
  const at = (headers: Headers) => url + headers.get('location')
  const patch = (location: string, body: Buffer<ArrayBuffer>, offset: number, wanted: number[]) =>
    ask('PATCH', location, wanted, {
      body,
      headers: { 'content-range': `${offset}-${offset + body.length - 1}` },
    })
  const [start, one, two, end] = [3, 50_000, 50_000, 7].map((size) => randomBytes(size)) as [
    Buffer<ArrayBuffer>,
    Buffer<ArrayBuffer>,
    Buffer<ArrayBuffer>,
    Buffer<ArrayBuffer>,
  ]
  const begun = await ask('POST', `${url}/v2/race/blobs/uploads/`, 202)
  const first = await patch(at(begun.headers), start, 0, [202])
  const writers = [one, two]
  const answers = await Promise.all(
    writers.map((body) => patch(at(first.headers), body, start.length, [202, 416])),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([202, 416])
  const winner = answers.findIndex(({ status }) => status === 202)
  const digest = sha256(Buffer.concat([start, writers[winner]!, end]))
  await ask('PUT', `${at(answers[winner]!.headers)}?digest=${digest}`, 201, { body: end })
  const { bytes } = await ask('GET', `${url}/v2/race/blobs/${digest}`, 200)
  expect(sha256(bytes)).toBe(digest)
}

/** A blob that comes in random chunks: below, at and above what a part of R2 has at least. */
class Chunked {
  readonly chunks: Buffer<ArrayBuffer>[] = []
  path = ''

  async next(url: string): Promise<void> {
    if (this.path === '') await this.#keep(ask('POST', `${url}/v2/chunks/blobs/uploads/`, 202))
    const sizes = [
      between(0, 300),
      between(0, MIB),
      between(5 * MIB - 2, 5 * MIB + 2),
      between(8 * MIB - 2, 8 * MIB + 2),
      between(0, 9 * MIB),
    ]
    const body = randomBytes(sizes[between(0, sizes.length - 1)]!)
    const offset = this.#size()
    this.chunks.push(body)
    const isPlaced = body.length > 0 && between(0, 1) === 1
    const headers = isPlaced ? { 'content-range': `${offset}-${offset + body.length - 1}` } : {}
    const sent = between(0, 1) === 1 ? body : streamed(body, between(10_000, 200_000))
    const answer = await this.#keep(ask('PATCH', url + this.path, 202, { body: sent, headers }))
    expect(answer.headers.get('range')).toBe(`0-${Math.max(0, this.#size() - 1)}`)
  }

  async finish(url: string): Promise<void> {
    const last = randomBytes(between(0, 1) * between(0, 6 * MIB))
    const digest = sha256(Buffer.concat([...this.chunks, last]))
    await ask('PUT', `${url}${this.path}?digest=${digest}`, 201, { body: last })
    const { bytes } = await ask('GET', `${url}/v2/chunks/blobs/${digest}`, 200)
    expect(sha256(bytes)).toBe(digest)
  }

  #size(): number {
    return this.chunks.reduce((sum, { length }) => sum + length, 0)
  }

  async #keep(asking: ReturnType<typeof ask>): ReturnType<typeof ask> {
    const answer = await asking
    this.path = answer.headers.get('location')!
    return answer
  }
}
