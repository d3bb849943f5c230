import { type Answer, pushBlob, putManifest, send } from '../api.ts'
import * as check from '../check.ts'
import { bareIndex, blob, word } from '../data.ts'
import type { Row, Target } from '../target.ts'
import { follow } from './pages.ts'

/** The list of repositories. */
export const rows: Row[] = [
  row('holds what was pushed to, in bytewise order', async (target, repos) => {
    const all = await list(target, '')
    check.same(
      all.filter((name) => repos.includes(name)),
      repos,
      'the repositories of this row',
    )
    check.same(all, [...all].sort(), 'the repositories')
    check.same(new Set(all).size, all.length, 'the number of different repositories')
  }),
  row('does not hold what was never pushed to', async (target) => {
    const repo = `${target.repo1}/${word()}`
    await send(target, 'GET', `/v2/${repo}/tags/list`)
    check.that(!(await list(target, '')).includes(repo), 'no repository that was only asked for')
  }),
  row('followed by Link', async (target, repos) => {
    const all = await list(target, '')
    for (const n of [1, 2, all.length - 1]) {
      const pages = await follow(target, `/v2/_catalog?n=${n}`, namesOf)
      check.same(pages.flat(), all, 'the repositories of all pages')
      for (const page of pages.slice(0, -1)) check.same(page.length, n, 'the length of a page')
    }
    check.that(all.length >= repos.length, 'a list')
  }),
  row('last', async (target, repos) => {
    const after = await list(target, `?last=${encodeURIComponent(repos[0]!)}`)
    check.that(
      !after.includes(repos[0]!) && after.every((name) => name > repos[0]!),
      'only what is after last',
    )
    check.that(
      repos.slice(1).every((name) => after.includes(name)),
      'all that is after last',
    )
    check.same(
      await list(target, `?last=${encodeURIComponent(repos[0]!)}&n=1`),
      after.slice(0, 1),
      'the next one',
    )
  }),
  row('n=0', async (target) => {
    const answer = await send(target, 'GET', '/v2/_catalog?n=0')
    check.same(namesOf(answer), [], 'the repositories')
    check.noHeader(answer, 'link')
  }),
  ...['-1', 'abc'].map((n) =>
    row(`n=${n} is refused`, async (target) => {
      const answer = await send(target, 'GET', `/v2/_catalog?n=${n}`)
      check.error(answer, 400, 'PAGINATION_NUMBER_INVALID', 'UNSUPPORTED')
    }),
  ),
]

function row(name: string, run: (target: Target, repos: string[]) => Promise<void>): Row {
  return {
    name: `catalog/${name}`,
    async run(target) {
      const base = `${target.repo1}/${word()}`
      // A name that begins with another, and one that sorts between that and its children.
      const repos = [base, `${base}-x`, `${base}/a`, `${base}/a/b`, `${base}x`]
      for (const repo of repos) {
        await pushBlob(target, repo, blob())
        check.status(await putManifest(target, repo, word(), bareIndex()), 201)
      }
      await run(target, repos)
    },
  }
}

async function list(target: Target, query: string): Promise<string[]> {
  return namesOf(await send(target, 'GET', `/v2/_catalog${query}`))
}

function namesOf(answer: Answer): string[] {
  check.status(answer, 200)
  check.header(answer, 'content-type', /^application\/json( *;.*)?$/)
  const { repositories } = check.json<{ repositories: string[] }>(answer)
  check.that(Array.isArray(repositories), 'repositories to be a list')
  return repositories
}
