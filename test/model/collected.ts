/**
 * What must be left when collectors had all the time that they need, and nobody else did anything.
 * @module
 */

import type { Link } from '../../src/engine/links.ts'
import { decode } from '../../src/engine/record.ts'
import type { Digest } from '../../src/oci/index.ts'
import type { Records } from '../../src/storage/index.ts'
import { MANIFESTS, REPOS, TAGS } from './samples.ts'
import type { World } from './world.ts'

/** Only what lives is stored: links that manifests need, bytes that links need, tags and names of what is there. */
export async function checkCollected(world: World): Promise<void> {
  const { records } = world.disk.storage
  for (const prefix of ['uploads/', 'gc/refs/', 'gc/content/', 'gc/unlinked/']) {
    for (const key of await keysOf(records, prefix)) world.violate(`left to do: ${key}`)
  }
  await checkBytes(world)
  for (const repo of REPOS) await checkNames(world, repo)
}

/** The second tag is gone, and so is every manifest that the first does not need. */
export async function checkRetained(world: World): Promise<void> {
  const { records } = world.disk.storage
  for (const repo of REPOS) {
    const under = `repositories/${repo}/_tags/`
    const roots: Digest[] = []
    for await (const { key, rec } of records.list(under, { values: true })) {
      if (key === `${under}${TAGS[1]}`) world.violate(`no rule keeps it, and it is still there: ${key}`)
      roots.push(decode<{ digest: Digest }>(rec!.value).digest)
    }
    const needed = new Set(roots)
    for (const digest of needed) {
      const sample = MANIFESTS.find((one) => one.digest === digest)!
      for (const child of sample.children) needed.add(MANIFESTS[child]!.digest)
      for (const { digest: referrer, subject } of MANIFESTS)
        if (subject !== undefined && MANIFESTS[subject] === sample) needed.add(referrer)
    }
    for (const digest of await manifestsIn(records, repo))
      if (!needed.has(digest as Digest)) world.violate(`nothing needs it, and it is still there: ${digest}`)
  }
}

async function checkBytes(world: World): Promise<void> {
  const { records } = world.disk.storage
  const places = new Set<string>()
  for await (const { key, rec } of records.list('blobs/', { values: true })) {
    const { repo, place } = decode<Link>(rec!.value)
    places.add(place)
    const digest = `sha256:${key.split('/')[3]!.split('.')[0]}`
    const manifests = await manifestsIn(records, repo)
    const needed = MANIFESTS.some(
      (manifest) =>
        manifests.has(manifest.digest) && new TextDecoder().decode(manifest.bytes).includes(digest),
    )
    if (!needed) world.violate(`no manifest needs ${key}, and it is still there`)
  }
  for (const place of world.disk.places()) if (!places.has(place)) world.violate(`still stored: ${place}`)
}

async function checkNames(world: World, repo: string): Promise<void> {
  const { records } = world.disk.storage
  const under = `repositories/${repo}/`
  const manifests = await manifestsIn(records, repo)
  const tags = new Map<string, Digest>()
  for await (const { key, rec } of records.list(`${under}_tags/`, { values: true })) {
    const { digest } = decode<{ digest: Digest }>(rec!.value)
    tags.set(key.slice(`${under}_tags/`.length), digest)
    if (!manifests.has(digest)) world.violate(`a tag of nothing: ${key}`)
  }
  const reverse = await keysOf(records, `${under}_tagged/`)
  for (const key of reverse) {
    const [algorithm, hex, tag = ''] = key.slice(`${under}_tagged/`.length).split('/')
    const moved = tags.get(tag) !== `${algorithm}:${hex}`
    // A tag that moved on leaves no note: its old key goes with its manifest.
    if (moved && !manifests.has(`${algorithm}:${hex}`)) world.violate(`a reverse key of nothing: ${key}`)
  }
  for (const key of await keysOf(records, `${under}_referrers/`)) {
    if (!manifests.has(key.slice(key.lastIndexOf('/') + 1))) world.violate(`a referrer that is gone: ${key}`)
  }
  const listed = (await records.get(`catalog/${repo}!`)) !== null
  if (listed && manifests.size === 0) world.violate(`the catalog names ${repo}, which is empty`)
}

async function manifestsIn(records: Records, repo: string): Promise<Set<string>> {
  const keys = await keysOf(records, `repositories/${repo}/_manifests/`)
  return new Set(keys.map((key) => key.split('/').slice(-2).join(':')))
}

async function keysOf(records: Records, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of records.list(prefix)) keys.push(key)
  return keys
}
