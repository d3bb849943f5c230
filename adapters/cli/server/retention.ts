import { readFileSync } from 'node:fs'
import { checkRetention } from '../../../src/engine/index.ts'
import type { RetentionRule, RetentionVerdict } from '../../../src/index.ts'
import { UsageError } from '../input/values.ts'
import { parseJson } from './reread.ts'

/**
 * Reads rules of retention.
 * @throws {@link UsageError} One line with the path to the mistake.
 */
export function readRetention(path: string): RetentionRule[] {
  try {
    const rules = parseJson(readFileSync(path, 'utf8'))
    checkRetention(rules)
    return rules as RetentionRule[]
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const why = missing ? 'there is no such file' : (error as Error).message.replace(/^retention ?/, '')
    throw new UsageError(`--retention ${path}: ${why}`)
  }
}

/** A line of a report: what becomes of a tag or a manifest, by which rule, and why. */
export function verdictLine({ repository, tag, digest, stays, rule, why }: RetentionVerdict): string {
  const name = tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`
  return `${stays ? 'keep  ' : 'remove'} ${name}  ${rule === undefined ? '' : `${rule}: `}${why}`
}
