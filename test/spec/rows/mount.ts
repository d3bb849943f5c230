import {
  type Answer,
  blobAt,
  finish,
  locationOf,
  pushBlob,
  pushed,
  send,
  uploadsAt,
  withQuery,
} from '../api.ts'
import * as check from '../check.ts'
import { ALGORITHMS, blob, type Content, unknownDigest } from '../data.ts'
import type { Row, Target } from '../target.ts'
import { blobLife, deleteBlob } from './life.ts'

/** Blobs that are taken from another repository. */
export const rows: Row[] = [
  ...ALGORITHMS.flatMap((algorithm): Row[] => [
    {
      name: `${algorithm} blobs/mount`,
      async run(target) {
        const it = blob(512, algorithm)
        await pushBlob(target, target.repo2, it)
        await mounted(target, await mount(target, it.digest, { from: target.repo2 }), it)
        // What was mounted is no longer tied to where it came from.
        await deleteBlob(target, target.repo2, it)
        await blobLife(target, target.repo1, it)
      },
    },
    {
      name: `${algorithm} blobs/mount anonymous`,
      async run(target) {
        const it = blob(512, algorithm)
        await pushBlob(target, target.repo2, it)
        await mounted(target, await mount(target, it.digest), it)
        await blobLife(target, target.repo1, it)
        await deleteBlob(target, target.repo2, it)
      },
    },
    {
      name: `${algorithm} blobs/mount missing`,
      async run(target) {
        const it = blob(512, algorithm)
        await usable(target, await mount(target, it.digest, { from: target.repo2 }), it)
      },
    },
    {
      name: `${algorithm} blobs/mount missing anonymous`,
      async run(target) {
        const it = blob(512, algorithm)
        await usable(target, await mount(target, it.digest), it)
      },
    },
  ]),
  {
    name: 'mount/what is already there',
    async run(target) {
      const it = blob()
      await pushBlob(target, target.repo1, it)
      const answer = await mount(target, it.digest, { from: target.repo1, origin: 'registry.example' })
      check.status(answer, 201, 202)
      await deleteBlob(target, target.repo1, it)
    },
  },
  {
    name: 'mount/from a repository that is not there',
    async run(target) {
      const it = blob()
      await usable(target, await mount(target, it.digest, { from: `${target.repo2}/never` }), it)
    },
  },
  {
    name: 'mount/from another repository than the one that has it',
    async run(target) {
      const it = blob()
      await pushBlob(target, target.repo2, it)
      const answer = await mount(target, it.digest, { from: `${target.repo2}/never` })
      check.status(answer, 202)
      check.status(await send(target, 'HEAD', blobAt(target.repo1, it.digest)), 404)
      await deleteBlob(target, target.repo2, it)
    },
  },
  ...['sha256:bad', 'nonsense', unknownDigest().toUpperCase(), ''].map(
    (digest): Row => ({
      name: `mount/malformed digest '${digest.slice(0, 12)}'`,
      async run(target) {
        const answer = await mount(target, digest, { from: target.repo2 })
        check.status(answer, 202, 400)
        if (answer.status === 202) await usable(target, answer, blob())
      },
    }),
  ),
  {
    name: 'mount/malformed source',
    async run(target) {
      const answer = await mount(target, unknownDigest(), { from: '../UPPER//x' })
      check.status(answer, 202, 400)
      if (answer.status === 202) await usable(target, answer, blob())
    },
  },
]

function mount(
  target: Target,
  digest: string,
  query: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return send(target, 'POST', withQuery(uploadsAt(target.repo1), { ...query, mount: digest }))
}

async function mounted(target: Target, answer: Answer, it: Content): Promise<void> {
  check.status(answer, 201, 202)
  if (answer.status === 201) return pushed(target, answer, it)
  await usable(target, answer, it)
  check.skip('not mounted: 202 and an upload session instead')
}

/** A session that takes the blob. */
async function usable(target: Target, answer: Answer, it: Content): Promise<void> {
  check.status(answer, 202)
  await pushed(target, await finish(target, locationOf(answer), it.digest, it.bytes), it)
  await deleteBlob(target, target.repo1, it)
}
