import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Compat,
  createStore,
  memory,
  type OcikitOptions,
  ocikit,
  open,
  passThrough,
  type Referrer,
  type Registry,
} from '../../src/index.ts'
import { digestOf, emptyIndex, type Handler, INDEX, pushIndex, request, send } from './http.ts'

const SUBJECT = digestOf('subject')
const store = createStore({ storage: memory() })

/** A handler over a registry whose lists are these, with names that no store would take. */
function listing(
  overrides: Partial<Registry>,
  options: { basePath?: string; compat?: Compat } = {},
): Handler {
  return ocikit({ ...options, registry: passThrough(store, overrides), auth: open() } as OcikitOptions)
}

/** Reads page after page; each URL is what `Link` gives when it is resolved as a client does. */
async function follow<T>(handler: Handler, path: string, entriesOf: (body: string) => T[]): Promise<T[][]> {
  const pages: T[][] = []
  for (let next: string | undefined = path; next !== undefined; ) {
    if (pages.length > 200) expect.unreachable(`no end of the pages: ${next}`)
    const answer = await send(handler, 'GET', next)
    expect(answer.status, next).toBe(200)
    pages.push(entriesOf(answer.text))
    const link: string | null = answer.headers.get('link')
    const target = link === null ? undefined : /^<([!-~]+)>; rel="next"$/.exec(link)?.[1]
    if (link !== null) expect(target, link).toMatch(/^[^<>;,]+$/)
    const url: URL | undefined = target === undefined ? undefined : new URL(target, request('GET', next).url)
    next = url && url.pathname + url.search
  }
  return pages
}

async function* after<T extends string>(
  all: readonly T[],
  options: { after?: string; limit?: number } = {},
): AsyncGenerator<T> {
  const rest = all.filter((each) => options.after === undefined || each > options.after)
  yield* rest.slice(0, options.limit)
}

/** Names with everything that a URL or a header could trip over. */
const odd = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...'%&+=;,<>"#? /\\\'().é\r\n'), minLength: 1, maxLength: 6 }),
)
const names = fc.uniqueArray(odd, { maxLength: 30 }).map((all) => all.sort())
const size = fc.oneof(fc.integer({ min: 1, max: 7 }), fc.constantFrom(29, 30, 31, 10_000, 999_999_999))
const options = fc.record(
  { basePath: fc.constantFrom('', '/registry', '/a/b'), pageLimit: fc.integer({ min: 1, max: 9 }) },
  { requiredKeys: ['basePath'] },
)

test.each([
  ['tags', '/v2/a/tags/list'],
  ['repositories', '/v2/_catalog'],
] as const)('Link: it leads to every one of the %s once, in pages of n', async (field, path) => {
  await fc.assert(
    fc.asyncProperty(names, fc.option(size), options, async (all, n, { basePath, pageLimit }) => {
      const compat = pageLimit === undefined ? {} : { pageLimit }
      const kit = listing(
        { [field]: (...given: unknown[]) => after(all, given.at(-1) as object) },
        {
          basePath,
          compat,
        },
      )
      const entriesOf = (body: string) => (JSON.parse(body) as Record<typeof field, string[]>)[field]
      const pages = await follow(kit, `${basePath}${path}${n === null ? '' : `?n=${n}`}`, entriesOf)
      expect(pages.flat()).toEqual(all)
      const full = Math.min(n ?? 1_000, pageLimit ?? 10_000)
      for (const page of pages.slice(0, -1)) expect(page.length).toBe(full)
      expect(pages.length).toBe(Math.max(1, Math.ceil(all.length / full)))
    }),
  )
})

test('Link: a store lists every tag that its grammar permits once', async () => {
  const tag = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/)
  let runs = 0
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(tag, { minLength: 1, maxLength: 15 }),
      fc.integer({ min: 1, max: 16 }),
      async (tags, n) => {
        const kit = ocikit({ registry: store, auth: open() })
        const repo = `odd/${runs++}`
        for (const each of tags)
          expect((await pushIndex(kit, repo, each, { body: emptyIndex() })).status).toBe(201)
        const read = (body: string) => (JSON.parse(body) as { tags: string[] }).tags
        const pages = await follow(kit, `/v2/${repo}/tags/list?n=${n}`, read)
        expect(pages.flat()).toEqual([...tags].sort())
      },
    ),
    { numRuns: 30 },
  )
})

const PAGE = 4 * 1024 * 1024
const large = fc.constantFrom(10, 500_000, 1_500_000, 2_500_000, PAGE - 5_000, PAGE, PAGE + 1_000_000)
const type = fc.constantFrom('application/vnd.a+json', 'application/vnd.b.c', 'a/b+c-d_e')

test('Link: it leads to every referrer once, with the filter, in pages that clients read', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(odd, large), { maxLength: 6, selector: ([cursor]) => cursor }),
      fc.uniqueArray(type, { maxLength: 2 }),
      async (entries, types) => {
        const all = entries.map(([cursor, length], i): Referrer => {
          const annotations = { padding: 'x'.repeat(length) }
          const descriptor = { mediaType: INDEX, digest: digestOf(String(i)), size: i, annotations }
          return { descriptor, cursor, filtered: true }
        })
        const asked: (readonly string[] | undefined)[] = []
        const kit = listing({
          async *referrers(_repo, _subject, { artifactTypes, after: cursor } = {}) {
            asked.push(artifactTypes)
            yield* all.slice(all.findIndex((each) => each.cursor === cursor) + 1)
          },
        })
        const query = types.map((each) => `artifactType=${encodeURIComponent(each)}`).join('&')
        const sizes: number[] = []
        const pages = await follow(kit, `/v2/a/referrers/${SUBJECT}?${query}`, (body) => {
          sizes.push(body.length)
          return (JSON.parse(body) as { manifests: { digest: string }[] }).manifests.map(
            (each) => each.digest,
          )
        })
        expect(pages.flat()).toEqual(all.map((each) => each.descriptor.digest))
        for (const [i, page] of pages.entries())
          if (page.length > 1) expect(sizes[i]).toBeLessThanOrEqual(PAGE)
        for (const each of asked) expect(each ?? []).toEqual(types)
      },
    ),
    // Shrinking megabytes takes longer than it tells.
    { numRuns: 25, endOnFailure: true },
  )
})
