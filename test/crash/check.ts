/**
 * After a restart: is what was acknowledged there, and is all that is there whole?
 * @module
 */

import { each } from '../../src/transfer/pool.ts'
import { ask, sha256 } from './http.ts'
import { keyOf } from './ledger.ts'
import type { Target } from './uploads.ts'

/** Requests at a time. */
const PARALLEL = 8
/** Facts of earlier rounds that are looked at again each time. */
const SAMPLE = 80

/** Checks the facts of this round and some older ones, or all. @returns What is wrong, one line each. */
export async function check(target: Target, all: boolean): Promise<string[]> {
  const { ledger, random } = target
  const wrong: string[] = []
  const keys = [...ledger.facts.keys()]
  const old = keys.filter((key) => ledger.rounds.get(key)! < ledger.round - 1)
  const chosen = all ? keys : keys.filter((key) => ledger.rounds.get(key)! >= ledger.round - 1)
  if (!all) for (let i = 0; i < SAMPLE && old.length > 0; i++) chosen.push(random.pick(old))
  const unique = [...new Set(chosen)]
  await each(unique, PARALLEL, async (key) => {
    const seen = await look(target, key, wrong)
    const fact = ledger.facts.get(key)!
    if (fact !== 'unknown' && fact !== seen) wrong.push(`${key} was acknowledged as ${fact}, and is ${seen}`)
    ledger.facts.set(key, seen)
  })
  await each([...ledger.tags.keys()], PARALLEL, (key) => checkTag(target, key, wrong))
  await checkLists(target, wrong)
  return wrong
}

async function look(target: Target, key: string, wrong: string[]): Promise<'present' | 'absent'> {
  const [kind, repo = '', digest = '', other = ''] = key.split(' ')
  if (kind === 'referrer')
    return (await referrers(target, repo, digest)).includes(other) ? 'present' : 'absent'
  const url = `${target.url}/v2/${repo}/${kind}s/${digest}`
  const head = await ask('HEAD', url, [200, 404])
  const { status, bytes, headers } = await ask('GET', url, [200, 404])
  if (head.status !== status) wrong.push(`${key}: HEAD ${head.status}, GET ${status}`)
  if (status === 404) return 'absent'
  if (sha256(bytes) !== digest) wrong.push(`${key} is not whole: ${bytes.length} bytes`)
  if (head.headers.get('content-length') !== headers.get('content-length'))
    wrong.push(`${key}: lengths differ`)
  if (kind === 'blob') return 'present'
  const manifest = target.ledger.manifests.get(digest)!
  if (!bytes.equals(manifest.bytes)) wrong.push(`${key} has other bytes than were pushed`)
  for (const blob of manifest.blobs) {
    const { status } = await ask('HEAD', `${target.url}/v2/${repo}/blobs/${blob}`, [200, 404])
    if (status !== 200) wrong.push(`${key} is visible, its blob ${blob} is not`)
  }
  return 'present'
}

async function checkTag(target: Target, key: string, wrong: string[]): Promise<void> {
  const { ledger } = target
  const [repo, tag] = key.split(' ')
  const url = `${target.url}/v2/${repo}/manifests/${tag}`
  const head = await ask('HEAD', url, [200, 404])
  const { status, headers, bytes } = await ask('GET', url, [200, 404])
  const digest = status === 404 ? null : headers.get('docker-content-digest')
  if (head.status !== status) wrong.push(`tag ${key}: HEAD ${head.status}, GET ${status}`)
  if (digest !== null && sha256(bytes) !== digest) wrong.push(`tag ${key}: the manifest is not whole`)
  if (!ledger.mayBe(key, digest)) {
    wrong.push(`tag ${key} is ${digest}, after ${JSON.stringify(ledger.history(key).slice(-4))}`)
  }
  if (digest !== null && ledger.facts.get(keyOf.manifest(repo!, digest)) === 'absent')
    wrong.push(`tag ${key} names a manifest that is gone`)
  ledger.saw(key, digest)
}

/** Lists name what resolves; a tag of a deleted manifest may be listed after a crash, and is then absent. */
async function checkLists(target: Target, wrong: string[]): Promise<void> {
  const { ledger, url } = target
  const { bytes } = await ask('GET', `${url}/v2/_catalog?n=1000`, 200)
  const { repositories } = JSON.parse(bytes.toString()) as { repositories: string[] }
  const tagged = new Map<string, string[]>()
  for (const [key, [now]] of ledger.tags) {
    const [repo = '', tag = ''] = key.split(' ')
    tagged.set(repo, [...(tagged.get(repo) ?? []), ...(now?.digest ? [tag] : [])])
  }
  for (const [repo, expected] of tagged) {
    if (expected.length === 0) continue
    const list = await ask('GET', `${url}/v2/${repo}/tags/list`, 200)
    const { tags } = JSON.parse(list.bytes.toString()) as { tags: string[] }
    for (const tag of expected) if (!tags.includes(tag)) wrong.push(`tag ${repo}:${tag} is not listed`)
    for (const tag of tags) {
      if (!ledger.tags.has(keyOf.tag(repo, tag))) wrong.push(`tag ${repo}:${tag} was never pushed`)
    }
  }
  for (const repo of ledger.repositories)
    if (!repositories.includes(repo)) wrong.push(`${repo} is not in the catalog`)
}

async function referrers({ url }: Target, repo: string, subject: string): Promise<string[]> {
  const { bytes } = await ask('GET', `${url}/v2/${repo}/referrers/${subject}`, 200)
  const { manifests } = JSON.parse(bytes.toString()) as { manifests: { digest: string }[] }
  return manifests.map((manifest) => manifest.digest)
}
