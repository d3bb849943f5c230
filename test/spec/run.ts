import { Skip } from './check.ts'
import type { Row, Target } from './target.ts'

export type Result =
  | { readonly row: Row; readonly outcome: 'pass' }
  | { readonly row: Row; readonly outcome: 'skip' | 'fail'; readonly reason: string }

const LIMIT_MS = 20_000

/** Runs rows one after the other and tells of each. */
export async function runRows(
  target: Target,
  rows: readonly Row[],
  report: (result: Result) => void,
): Promise<void> {
  for (const row of rows) report(await runRow(target, row))
}

/** Runs one row in bounded time. */
export async function runRow(target: Target, row: Row): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`expected an end within ${LIMIT_MS / 1000} s`)), LIMIT_MS)
  })
  try {
    await Promise.race([row.run(target), late])
    return { row, outcome: 'pass' }
  } catch (error) {
    return { row, outcome: error instanceof Skip ? 'skip' : 'fail', reason: reasonOf(error) }
  } finally {
    clearTimeout(timer)
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
