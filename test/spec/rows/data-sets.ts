import { blobAt, manifestAt, pushBlob, pushed, putManifest, send, tagsAt } from '../api.ts'
import * as check from '../check.ts'
import type { Row, Target } from '../target.ts'
import { checkReferrers } from './referrer-list.ts'
import { builders, type DataSet, type Tagged } from './sets.ts'
import { subjectBuilders } from './subject-sets.ts'

/** Every data set goes through the same life: push, list, head, pull, referrers, delete. */
export const rows: Row[] = [...builders, ...subjectBuilders].flatMap((build) => {
  const life = lifeOf(build)
  const { name, needs, manifests } = build()
  const step = (title: string, run: Row['run']): Row => ({
    name: `${name}/${title}`,
    ...(needs === undefined ? {} : { needs }),
    run,
  })
  const subjects = manifests.some(({ manifest }) => manifest.subject !== undefined)
  return [
    step('push', async (target) => void (await life.pushed(target))),
    ...(manifests.some(({ tags }) => tags.length > 0)
      ? [step('tag-list', async (target) => checkTags(target, await life.pushed(target)))]
      : []),
    step('head', async (target) => checkRead(target, await life.pushed(target), 'HEAD')),
    step('pull', async (target) => checkRead(target, await life.pushed(target), 'GET')),
    ...(subjects
      ? [step('referrers', async (target) => checkReferrers(target, await life.pushed(target)))]
      : []),
    step('delete', async (target) => remove(target, await life.ended(target))),
  ]
})

/** One push for all steps, whichever of them comes first. */
function lifeOf(build: () => DataSet) {
  const sets = new WeakMap<Target, Promise<DataSet>>()
  const pushed = (target: Target): Promise<DataSet> => {
    const known = sets.get(target) ?? push(target, build())
    sets.set(target, known)
    return known
  }
  const ended = async (target: Target): Promise<DataSet> => {
    const set = await pushed(target)
    sets.delete(target)
    return set
  }
  return { pushed, ended }
}

async function push(target: Target, set: DataSet): Promise<DataSet> {
  for (const blob of set.blobs) await pushBlob(target, target.repo1, blob)
  for (const it of set.manifests) {
    if (set.tagParam && it.tags.length > 0) await pushWithTags(target, it)
    else {
      await pushOne(target, it, it.manifest.digest, true)
      for (const tag of it.tags) await pushOne(target, it, tag, false)
    }
  }
  return set
}

async function pushOne(
  target: Target,
  { manifest }: Tagged,
  reference: string,
  stream: boolean,
): Promise<void> {
  const answer = await putManifest(target, target.repo1, reference, manifest, { stream })
  await pushed(target, answer, manifest)
  const found = await send(target, 'GET', new URL(answer.headers.get('location')!, answer.url).href)
  check.header(found, 'content-type', manifest.mediaType)
  if (manifest.subject !== undefined) check.header(answer, 'oci-subject', manifest.subject)
  else check.noHeader(answer, 'oci-subject')
}

async function pushWithTags(target: Target, { manifest, tags }: Tagged): Promise<void> {
  const query = `?${tags.map((tag) => `tag=${tag}`).join('&')}`
  const answer = await putManifest(target, target.repo1, manifest.digest, manifest, { query })
  await pushed(target, answer, manifest)
  const named = answer.headers.get('oci-tag')
  if (named === null) check.skip('?tag= is not supported')
  check.same(named.split(/ *, */).sort(), [...tags].sort(), 'the tags in OCI-Tag')
}

async function checkTags(target: Target, set: DataSet): Promise<void> {
  const tags = set.manifests.flatMap((it) => it.tags).sort()
  const all = await listTags(target, '')
  check.same(
    tags.filter((tag) => !all.includes(tag)),
    [],
    'the list of tags that are missing',
  )
  const middle = tags[Math.floor(tags.length / 2)]!
  const after = await listTags(target, `?last=${middle}`)
  check.same(
    after.filter((tag) => tag <= middle),
    [],
    `the list of tags that are not after ${middle}`,
  )
  check.same(
    tags.filter((tag) => tag > middle && !after.includes(tag)),
    [],
    'the list of tags that are missing',
  )
}

async function listTags(target: Target, query: string): Promise<string[]> {
  const answer = await send(target, 'GET', tagsAt(target.repo1) + query)
  check.status(answer, 200)
  const { name, tags } = check.json<{ name: string; tags: string[] }>(answer)
  check.same(name, target.repo1, 'the name of the repository')
  check.that(Array.isArray(tags), 'tags to be a list')
  return tags
}

async function checkRead(target: Target, set: DataSet, method: 'GET' | 'HEAD'): Promise<void> {
  const read = async (where: string, bytes: Uint8Array, digest: string, type?: string) => {
    const answer = await send(target, method, where)
    check.status(answer, 200)
    check.header(answer, 'docker-content-digest', digest)
    if (type !== undefined) check.header(answer, 'content-type', type)
    if (method === 'GET') check.body(answer, bytes)
    else check.headOf(answer, bytes.length)
  }
  for (const { manifest, tags } of set.manifests) {
    for (const reference of [...tags, manifest.digest]) {
      await read(manifestAt(target.repo1, reference), manifest.bytes, manifest.digest, manifest.mediaType)
    }
  }
  for (const blob of set.blobs) await read(blobAt(target.repo1, blob.digest), blob.bytes, blob.digest)
}

/** Tags first, then manifests from the last to the first, then blobs. */
async function remove(target: Target, set: DataSet): Promise<void> {
  const manifests = [...set.manifests].reverse()
  const places = [
    ...manifests.flatMap((it) => it.tags).map((tag) => manifestAt(target.repo1, tag)),
    ...manifests.map(({ manifest }) => manifestAt(target.repo1, manifest.digest)),
    ...set.blobs.map((blob) => blobAt(target.repo1, blob.digest)),
  ]
  for (const place of places) {
    const answer = await send(target, 'DELETE', place)
    if (answer.status === 405 || answer.status === 400) check.skip('deletes are not supported')
    check.status(answer, 202, 404)
    check.status(await send(target, 'HEAD', place), 404)
  }
}
