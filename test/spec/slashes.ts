import { send } from './api.ts'
import * as check from './check.ts'
import type { Target } from './target.ts'

const SLASHES = /\/{2,}/g

/** Whether two slashes in a row stand in the path. */
export function hasSlashes({ url }: { readonly url: string }): boolean {
  return new URL(url).pathname.includes('//')
}

/** In place of a row about such a path, where a front merges the slashes: it sends away, and nothing is served. */
export async function sentAway(target: Target, method: string, path: string): Promise<void> {
  const answer = await send(target, method, path, { redirect: 'manual' })
  check.status(answer, 308)
  check.header(answer, 'location', path.replace(SLASHES, '/'))
}
