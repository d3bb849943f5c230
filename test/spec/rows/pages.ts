import { type Answer, send } from '../api.ts'
import * as check from '../check.ts'
import type { Target } from '../target.ts'

/** Follows `Link` from page to page to the end; returns what `read` makes of each. */
export async function follow<T>(target: Target, first: string, read: (answer: Answer) => T): Promise<T[]> {
  const pages: T[] = []
  for (let next: string | undefined = first; next !== undefined; ) {
    check.that(pages.length < 500, 'an end of the pages')
    const answer: Answer = await send(target, 'GET', next)
    pages.push(read(answer))
    next = nextOf(answer)
  }
  return pages
}

/** The URL of the next page, written so that every client understands it. */
function nextOf(answer: Answer): string | undefined {
  if (!answer.headers.has('link')) return undefined
  const url = /^<([^<>;, ]+)>; *rel="?next"?$/.exec(check.header(answer, 'link'))?.[1]
  if (url === undefined) return check.fail(answer, 'one Link: <url>; rel="next"')
  return new URL(url, answer.url).href
}
