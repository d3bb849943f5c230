import { type Answer, blobAt, manifestAt, pushBlob, pushImage, send, tagsAt } from '../api.ts'
import * as check from '../check.ts'
import { ALGORITHMS, blob, simpleImage, unknownDigest, word } from '../data.ts'
import type { Row, Target } from '../target.ts'

/** Entity tags, conditional requests and caches. */
export const rows: Row[] = [
  ...ALGORITHMS.map(
    (algorithm): Row => ({
      name: `conditional/${algorithm} blob`,
      async run(target) {
        const it = blob(512, algorithm)
        await pushBlob(target, target.repo1, it)
        await conditional(target, blobAt(target.repo1, it.digest), it.digest)
      },
    }),
  ),
  {
    name: 'conditional/manifest by tag and by digest',
    async run(target) {
      const tag = word()
      const image = simpleImage()
      await pushImage(target, target.repo1, tag, image)
      for (const reference of [tag, image.manifest.digest]) {
        await conditional(target, manifestAt(target.repo1, reference), image.manifest.digest)
      }
    },
  },
  {
    name: 'conditional/what is not there',
    async run(target) {
      const headers = { 'if-none-match': '*' }
      check.status(await send(target, 'GET', blobAt(target.repo1, unknownDigest()), { headers }), 404)
      check.status(await send(target, 'GET', manifestAt(target.repo1, word()), { headers }), 404)
    },
  },
  {
    name: 'conditional/list of tags',
    async run(target) {
      await pushImage(target, target.repo1, word(), simpleImage())
      const first = await send(target, 'GET', tagsAt(target.repo1))
      const headers = { 'if-none-match': check.header(first, 'etag') }
      check.status(await send(target, 'GET', tagsAt(target.repo1), { headers }), 304)
      await pushImage(target, target.repo1, word(), simpleImage())
      check.status(await send(target, 'GET', tagsAt(target.repo1), { headers }), 200)
    },
  },
  {
    name: 'caches/immutable by digest only',
    async run(target) {
      const tag = word()
      const image = simpleImage()
      await pushImage(target, target.repo1, tag, image)
      for (const method of ['GET', 'HEAD']) {
        for (const place of [
          blobAt(target.repo1, image.blobs[0]!.digest),
          manifestAt(target.repo1, image.manifest.digest),
        ]) {
          check.header(await send(target, method, place), 'cache-control', /\bimmutable\b/)
        }
        noImmutable(await send(target, method, manifestAt(target.repo1, tag)))
      }
      noImmutable(await send(target, 'GET', tagsAt(target.repo1)))
    },
  },
  {
    name: 'caches/nobody may transform content',
    async run(target) {
      const tag = word()
      const image = simpleImage()
      await pushImage(target, target.repo1, tag, image)
      const places = [
        blobAt(target.repo1, image.blobs[0]!.digest),
        manifestAt(target.repo1, tag),
        tagsAt(target.repo1),
      ]
      for (const place of places) {
        const answer = await send(target, 'GET', place, {
          headers: { 'accept-encoding': 'gzip, deflate, zstd' },
        })
        check.header(answer, 'cache-control', /\bno-transform\b/)
        check.noHeader(answer, 'content-encoding')
        check.header(answer, 'content-length', String(answer.body.length))
      }
    },
  },
]

async function conditional(target: Target, place: string, digest: string): Promise<void> {
  const etag = `"${digest}"`
  for (const method of ['GET', 'HEAD']) {
    check.header(await send(target, method, place), 'etag', etag)
    for (const match of [etag, `W/${etag}`, '*', `"a", ${etag}`, `"a","b" , W/${etag},"c"`]) {
      const answer = await send(target, method, place, { headers: { 'if-none-match': match } })
      check.status(answer, 304)
      check.header(answer, 'etag', etag)
      check.that(answer.body.length === 0, 'no body with a 304')
    }
    for (const match of ['"other"', `"${digest}x"`, '""', `W/"other", "${digest.slice(0, -1)}"`]) {
      check.status(await send(target, method, place, { headers: { 'if-none-match': match } }), 200)
    }
  }
  // A range is looked at only after the condition.
  const both = { 'if-none-match': etag, range: 'bytes=0-1' }
  check.status(await send(target, 'GET', place, { headers: both }), 304)
}

function noImmutable(answer: Answer): void {
  check.that(
    !/\bimmutable\b/.test(answer.headers.get('cache-control') ?? ''),
    'no immutable for what can change',
  )
}
