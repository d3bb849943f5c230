import { blobAt, manifestAt, pushBlob, pushImage, send, tagsAt } from '../api.ts'
import * as check from '../check.ts'
import { ALGORITHMS, blob, simpleImage, word } from '../data.ts'
import type { Row } from '../target.ts'

/** What is pushed to one repository is not in another. */
export const rows: Row[] = [
  ...ALGORITHMS.map(
    (algorithm): Row => ({
      name: `isolation/${algorithm} blob`,
      async run(target) {
        const it = blob(512, algorithm)
        await pushBlob(target, target.repo2, it)
        for (const repo of [target.repo1, `${target.repo2}/${word()}`, target.repo2.slice(0, -1)]) {
          for (const method of ['GET', 'HEAD', 'DELETE']) {
            check.status(await send(target, method, blobAt(repo, it.digest)), 404)
          }
        }
        const found = await send(target, 'GET', blobAt(target.repo2, it.digest))
        check.status(found, 200)
        check.status(await send(target, 'DELETE', blobAt(target.repo2, it.digest)), 202, 405)
      },
    }),
  ),
  {
    name: 'isolation/blob in two repositories',
    async run(target) {
      const it = blob()
      for (const repo of [target.repo1, target.repo2]) await pushBlob(target, repo, it)
      check.status(await send(target, 'DELETE', blobAt(target.repo1, it.digest)), 202)
      check.status(await send(target, 'GET', blobAt(target.repo1, it.digest)), 404)
      const found = await send(target, 'GET', blobAt(target.repo2, it.digest))
      check.status(found, 200)
      check.body(found, it.bytes)
    },
  },
  {
    name: 'isolation/manifest',
    async run(target) {
      const tag = word()
      const { blobs, manifest } = simpleImage()
      await pushImage(target, target.repo2, tag, { blobs, manifest })
      for (const repo of [target.repo1, `${target.repo2}/${word()}`]) {
        for (const reference of [tag, manifest.digest]) {
          for (const method of ['GET', 'HEAD', 'DELETE']) {
            check.status(await send(target, method, manifestAt(repo, reference)), 404)
          }
        }
      }
      const list = await send(target, 'GET', tagsAt(target.repo1))
      check.that(
        list.status === 404 || !check.json<{ tags: string[] }>(list).tags.includes(tag),
        'tags of this repository',
      )
      check.status(await send(target, 'GET', manifestAt(target.repo2, tag)), 200)
    },
  },
  {
    name: 'isolation/a manifest is not a blob, a blob is not a manifest',
    async run(target) {
      const { blobs, manifest } = simpleImage()
      await pushImage(target, target.repo1, manifest.digest, { blobs, manifest })
      check.status(await send(target, 'GET', manifestAt(target.repo1, blobs[1]!.digest)), 404)
      check.status(await send(target, 'GET', blobAt(target.repo1, manifest.digest)), 404, 200)
    },
  },
]
