import type { OcikitOptions } from '../../../src/index.ts'
import {
  blobAt,
  finish,
  locationOf,
  manifestAt,
  pushed,
  putManifest,
  referrersAt,
  send,
  tagsAt,
  uploadsAt,
} from '../api.ts'
import * as check from '../check.ts'
import { bareIndex, blob, descriptor, type Manifest, word } from '../data.ts'
import type { Row, Target } from '../target.ts'
import { follow } from './pages.ts'
import { referrers, sameEntries } from './referrer-list.ts'

/** What a client sees of a registry that lacks something. Only a handler made with `options` is a target. */
interface CompatRow extends Row {
  readonly options: Pick<OcikitOptions, 'compat' | 'formatError'>
}

const [SBOM, SIGNATURE] = ['application/vnd.example.sbom', 'application/vnd.example.signature'] as const

/** Each fails where the registry lacks nothing. */
export const rows: readonly CompatRow[] = [
  {
    name: 'compat/referrers: 404, no OCI-Subject, and a tag of the client takes their place',
    options: { compat: { referrers: false } },
    async run(target) {
      const { repo1: repo } = target
      const { subject, its } = await attached(target)
      check.error(await send(target, 'GET', referrersAt(repo, subject.digest)), 404, 'NOT_FOUND')
      check.status(await send(target, 'HEAD', referrersAt(repo, subject.digest)), 404)
      const again = await putManifest(target, repo, its[0]!.digest, its[0]!)
      check.status(again, 201)
      check.noHeader(again, 'oci-subject')
      const fallback = bareIndex({ manifests: its.map((it) => descriptor(it)) })
      const tag = subject.digest.replace(':', '-')
      check.status(await putManifest(target, repo, tag, fallback), 201)
      const found = await send(target, 'GET', manifestAt(repo, tag))
      check.status(found, 200)
      check.body(found, fallback.bytes)
    },
  },
  {
    name: 'compat/filters: the list is whole and does not say that it is filtered',
    options: { compat: { filters: false } },
    async run(target) {
      const { subject, its } = await attached(target)
      for (const query of ['', `?artifactType=${encodeURIComponent(SBOM)}`, '?artifactType=other']) {
        const { answer, entries } = await referrers(target, subject.digest, query)
        check.noHeader(answer, 'oci-filters-applied')
        sameEntries(entries, its)
      }
    },
  },
  {
    name: 'compat/singlePost: the bytes are dropped, and the session takes them',
    options: { compat: { singlePost: false } },
    async run(target) {
      const { repo1: repo } = target
      const it = blob()
      const headers = { 'content-type': 'application/octet-stream' }
      const where = `${uploadsAt(repo)}?digest=${encodeURIComponent(it.digest)}`
      const answer = await send(target, 'POST', where, { headers, body: it.bytes })
      check.status(answer, 202)
      check.noHeader(answer, 'docker-content-digest')
      check.error(await send(target, 'GET', blobAt(repo, it.digest)), 404, 'BLOB_UNKNOWN')
      await pushed(target, await finish(target, locationOf(answer), it.digest, it.bytes), it)
    },
  },
  {
    name: 'compat/pageLimit: pages are short whatever is asked for, and Link leads through all',
    options: { compat: { pageLimit: 2 } },
    async run(target) {
      const { repo, tags } = await tagged(target)
      for (const query of ['', '?n=5', '?n=1000', '?n=2']) {
        const pages = await follow(target, tagsAt(repo) + query, tagsOf)
        check.same(pages, [tags.slice(0, 2), tags.slice(2, 4), tags.slice(4)], 'the pages')
      }
      check.same((await follow(target, `${tagsAt(repo)}?n=1`, tagsOf)).length, 5, 'the number of pages')
      const first = await send(target, 'GET', '/v2/_catalog?n=100')
      const { repositories } = check.json<{ repositories: string[] }>(first)
      check.that(repositories.length <= 2, 'at most two repositories')
    },
  },
  {
    name: 'compat/tagDigest: a manifest that is read by tag does not tell its digest, its ETag does',
    options: { compat: { tagDigest: false } },
    async run(target) {
      const { repo, it } = await tagged(target)
      for (const method of ['GET', 'HEAD']) {
        const byTag = await send(target, method, manifestAt(repo, 'a'))
        check.status(byTag, 200)
        check.noHeader(byTag, 'docker-content-digest')
        check.header(byTag, 'etag', `"${it.digest}"`)
        if (method === 'GET') check.body(byTag, it.bytes)
        const byDigest = await send(target, method, manifestAt(repo, it.digest))
        check.header(byDigest, 'docker-content-digest', it.digest)
      }
    },
  },
  {
    name: 'compat/link: no next page is told, and last leads on',
    options: { compat: { link: false } },
    async run(target) {
      const { repo, tags } = await tagged(target)
      const found: string[] = []
      for (let page = ['']; page.length > 0; ) {
        check.that(found.length < 10, 'an end of the pages')
        const answer = await send(target, 'GET', `${tagsAt(repo)}?n=2&last=${found.at(-1) ?? ''}`)
        check.noHeader(answer, 'link')
        page = tagsOf(answer)
        found.push(...page)
      }
      check.same(found, tags, 'the tags')
      check.noHeader(await send(target, 'GET', '/v2/_catalog?n=1'), 'link')
    },
  },
  {
    name: 'compat/formatError: the body and the status are of another kind, the headers stay',
    options: { formatError: ({ code }) => new Response(`<b>${code}</b>`, HTML) },
    async run(target) {
      const { repo1: repo } = target
      for (const [method, where, code, allow] of [
        ['GET', manifestAt(repo, word()), 'MANIFEST_UNKNOWN', null],
        ['GET', manifestAt(repo, '-bad'), 'TAG_INVALID', null],
        ['DELETE', tagsAt(repo), 'UNSUPPORTED', 'GET, HEAD'],
        ['HEAD', manifestAt(repo, word()), '', null],
      ] as const) {
        const answer = await send(target, method, where)
        check.status(answer, HTML.status)
        check.header(answer, 'content-type', HTML.headers['content-type'])
        check.same(Buffer.from(answer.body).toString(), code && `<b>${code}</b>`, 'the body')
        check.same(answer.headers.get('allow'), allow, 'Allow')
      }
    },
  },
]

const HTML = { status: 409, headers: { 'content-type': 'text/html' } } as const

/** A subject with a referrer of two types each. */
async function attached(target: Target): Promise<{ subject: Manifest; its: readonly Manifest[] }> {
  const subject = bareIndex()
  const its = [SBOM, SIGNATURE].map((artifactType) =>
    bareIndex({ subject: descriptor(subject), artifactType }),
  )
  for (const it of [subject, ...its])
    check.status(await putManifest(target, target.repo1, it.digest, it), 201)
  return { subject, its }
}

/** A repository of its own with five tags on one manifest. */
async function tagged(target: Target): Promise<{ repo: string; it: Manifest; tags: readonly string[] }> {
  const repo = `${target.repo1}/${word()}`
  const it = bareIndex()
  const tags = ['a', 'b', 'c', 'd', 'e']
  for (const tag of tags) check.status(await putManifest(target, repo, tag, it), 201)
  // A second repository, so that the catalog has a next page.
  check.status(await putManifest(target, `${repo}/other`, 'a', it), 201)
  return { repo, it, tags }
}

function tagsOf(answer: Parameters<typeof check.json>[0]): string[] {
  check.status(answer, 200)
  return check.json<{ tags: string[] }>(answer).tags
}
