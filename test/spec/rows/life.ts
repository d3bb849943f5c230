import { blobAt, send } from '../api.ts'
import * as check from '../check.ts'
import type { Content } from '../data.ts'
import type { Target } from '../target.ts'

/** What follows the push of every blob: it is found, read, deleted and gone. */
export async function blobLife(target: Target, repo: string, it: Content): Promise<void> {
  const head = await send(target, 'HEAD', blobAt(repo, it.digest))
  check.status(head, 200)
  check.headOf(head, it.bytes.length)
  check.header(head, 'docker-content-digest', it.digest)
  const found = await send(target, 'GET', blobAt(repo, it.digest))
  check.status(found, 200)
  check.body(found, it.bytes)
  check.header(found, 'docker-content-digest', it.digest)
  await deleteBlob(target, repo, it)
}

/** Deletes a blob, which is then gone. */
export async function deleteBlob(target: Target, repo: string, it: Content): Promise<void> {
  const answer = await send(target, 'DELETE', blobAt(repo, it.digest))
  if (answer.status === 405) check.skip('blobs cannot be deleted')
  check.status(answer, 202, 404)
  check.status(await send(target, 'HEAD', blobAt(repo, it.digest)), 404)
}
