import { blobAt, manifestAt, pushBlob, pushed, putManifest, send, tagsAt } from '../api.ts'
import * as check from '../check.ts'
import { ALGORITHMS, bareIndex, blob, digestOf, unknownDigest, word } from '../data.ts'
import type { Row, Target } from '../target.ts'

/** What goes with a delete, and what stays. */
export const rows: Row[] = [
  row('a tag leaves its manifest', async (target, repo) => {
    const it = bareIndex()
    const [one, two] = [word(), word()]
    for (const tag of [one, two]) check.status(await putManifest(target, repo, tag, it), 201)
    await remove(target, manifestAt(repo, one))
    check.same(await tags(target, repo), [two], 'the tags')
    for (const reference of [two, it.digest])
      check.status(await send(target, 'GET', manifestAt(repo, reference)), 200)
    await remove(target, manifestAt(repo, two))
    check.same(await tags(target, repo), [], 'the tags')
    check.status(await send(target, 'GET', manifestAt(repo, it.digest)), 200)
  }),
  ...ALGORITHMS.map((algorithm) =>
    row(`a ${algorithm} digest takes its tags along`, async (target, repo) => {
      const [plain, other] = [bareIndex(), bareIndex()]
      const it = { ...plain, digest: digestOf(plain.bytes, algorithm) }
      const mine = [word(), word(), word()]
      const query = `?${mine.map((tag) => `tag=${tag}`).join('&')}`
      const answer = await putManifest(target, repo, it.digest, it, { query })
      check.status(answer, 201)
      if (!answer.headers.has('oci-tag')) check.skip('?tag= is not supported')
      check.status(await putManifest(target, repo, 'other', other), 201)
      await remove(target, manifestAt(repo, it.digest))
      for (const tag of mine) {
        check.error(await send(target, 'GET', manifestAt(repo, tag)), 404, 'MANIFEST_UNKNOWN')
        check.status(await send(target, 'HEAD', manifestAt(repo, tag)), 404)
      }
      check.same(await tags(target, repo), ['other'], 'the tags')
      check.status(await send(target, 'GET', manifestAt(repo, 'other')), 200)
    }),
  ),
  row('a tag that was moved away stays', async (target, repo) => {
    const [old, now] = [bareIndex(), bareIndex()]
    for (const it of [old, now]) check.status(await putManifest(target, repo, 'moved', it), 201)
    await remove(target, manifestAt(repo, old.digest))
    check.header(await send(target, 'HEAD', manifestAt(repo, 'moved')), 'docker-content-digest', now.digest)
    check.same(await tags(target, repo), ['moved'], 'the tags')
  }),
  row('pushed again after a delete', async (target, repo) => {
    const [it, layer] = [bareIndex(), blob()]
    for (const _ of [1, 2, 3]) {
      await pushBlob(target, repo, layer)
      await pushed(target, await putManifest(target, repo, 'again', it), it)
      await remove(target, manifestAt(repo, it.digest))
      await remove(target, blobAt(repo, layer.digest))
    }
  }),
  row('an old tag does not come back with its manifest', async (target, repo) => {
    const it = bareIndex()
    check.status(await putManifest(target, repo, 'old', it), 201)
    await remove(target, manifestAt(repo, it.digest))
    check.status(await putManifest(target, repo, it.digest, it), 201)
    check.status(await send(target, 'GET', manifestAt(repo, 'old')), 404)
    check.same(await tags(target, repo), [], 'the tags')
  }),
  row('what is not there', async (target, repo) => {
    check.status(await putManifest(target, repo, 'there', bareIndex()), 201)
    await absent(target, repo)
  }),
  row('in an unknown repository', (target, repo) => absent(target, repo)),
]

function row(name: string, run: (target: Target, repo: string) => Promise<void>): Row {
  return { name: `deletes/${name}`, run: (target) => run(target, `${target.repo1}/${word()}`) }
}

async function remove(target: Target, place: string): Promise<void> {
  check.status(await send(target, 'DELETE', place), 202)
  check.status(await send(target, 'HEAD', place), 404)
  check.status(await send(target, 'DELETE', place), 404)
}

async function absent(target: Target, repo: string): Promise<void> {
  for (const reference of [word(), unknownDigest()]) {
    const answer = await send(target, 'DELETE', manifestAt(repo, reference))
    check.error(answer, 404, 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN')
  }
  check.error(
    await send(target, 'DELETE', blobAt(repo, unknownDigest())),
    404,
    'BLOB_UNKNOWN',
    'NAME_UNKNOWN',
  )
}

async function tags(target: Target, repo: string): Promise<string[]> {
  const answer = await send(target, 'GET', tagsAt(repo))
  check.status(answer, 200)
  return check.json<{ tags: string[] }>(answer).tags
}
