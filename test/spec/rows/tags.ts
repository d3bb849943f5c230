import { type Answer, putManifest, send, tagsAt } from '../api.ts'
import * as check from '../check.ts'
import { bareIndex, word } from '../data.ts'
import type { Row, Target } from '../target.ts'
import { follow } from './pages.ts'

/** In bytewise order. */
const TAGS = ['1.0', '1.10', '1.2', 'A', 'Z', '_x', 'a', 'a-b', 'a.b', 'aB', 'ab', 'b', 'latest', 'z_', 'zz']

/** The list of tags: order, pages, bounds. */
export const rows: Row[] = [
  row('all, in bytewise order', async (target, repo) => {
    const { answer, tags } = await list(target, repo)
    check.same(tags, TAGS, 'the tags')
    check.noHeader(answer, 'link')
    check.header(answer, 'content-type', /^application\/json( *;.*)?$/)
  }),
  ...[1, 2, 4, 7, 14].map((n) =>
    row(`n=${n}, followed by Link`, async (target, repo) => {
      const pages = await follow(target, `${tagsAt(repo)}?n=${n}`, (answer) => tagsOf(answer, repo))
      check.same(pages.flat(), TAGS, 'the tags of all pages')
      for (const page of pages.slice(0, -1)) check.same(page.length, n, 'the length of a page')
    }),
  ),
  ...[15, 16, 1000].map((n) =>
    row(`n=${n} is the whole list`, async (target, repo) => {
      const { answer, tags } = await list(target, repo, `?n=${n}`)
      check.same(tags, TAGS, 'the tags')
      if (n > TAGS.length) check.noHeader(answer, 'link')
    }),
  ),
  row('n=0', async (target, repo) => {
    const { answer, tags } = await list(target, repo, '?n=0')
    check.same(tags, [], 'the tags')
    check.noHeader(answer, 'link')
  }),
  ...['-1', 'abc', '1.5', '1e3', '0x10', '99999999999999999999x'].map((n) =>
    row(`n=${n} is refused`, async (target, repo) => {
      const answer = await send(target, 'GET', `${tagsAt(repo)}?n=${n}`)
      check.error(answer, 400, 'PAGINATION_NUMBER_INVALID', 'UNSUPPORTED')
    }),
  ),
  ...['A', 'a', 'ab', 'B', '0', 'm', 'zz', 'zzz'].map((last) =>
    row(`last=${last}`, async (target, repo) => {
      const after = TAGS.filter((tag) => tag > last)
      check.same((await list(target, repo, `?last=${last}`)).tags, after, 'the tags')
      check.same(
        (await list(target, repo, `?last=${last}&n=3`)).tags,
        after.slice(0, 3),
        'the first three tags',
      )
      check.same((await list(target, repo, `?n=100&last=${last}`)).tags, after, 'the tags')
    }),
  ),
  row('last that is no tag', async (target, repo) => {
    check.status(
      await send(target, 'GET', `${tagsAt(repo)}?last=${encodeURIComponent('ä; "\u0000')}`),
      200,
      400,
    )
  }),
]

const filled = new WeakMap<Target, Promise<string>>()

function row(name: string, run: (target: Target, repo: string) => Promise<void>): Row {
  return {
    name: `tags/${name}`,
    async run(target) {
      const repo = filled.get(target) ?? fill(target)
      filled.set(target, repo)
      await run(target, await repo)
    },
  }
}

/** A repository of its own with all tags on one manifest, pushed in another order. */
async function fill(target: Target): Promise<string> {
  const repo = `${target.repo1}/${word()}`
  const it = bareIndex()
  for (const tag of [...TAGS].reverse()) check.status(await putManifest(target, repo, tag, it), 201)
  return repo
}

async function list(target: Target, repo: string, query = ''): Promise<{ answer: Answer; tags: string[] }> {
  const answer = await send(target, 'GET', tagsAt(repo) + query)
  return { answer, tags: tagsOf(answer, repo) }
}

function tagsOf(answer: Answer, repo: string): string[] {
  check.status(answer, 200)
  const { name, tags } = check.json<{ name: string; tags: string[] }>(answer)
  check.same(name, repo, 'the name of the repository')
  check.that(Array.isArray(tags), 'tags to be a list')
  return tags
}
