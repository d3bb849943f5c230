import type { BaseIssue } from 'valibot'

/**
 * What is wrong with data, in one line that names the place, as in `rules[2].who: must be ...`. It never shows a value:
 * that may be a secret.
 * @param whole What the data is called where all of it is wrong.
 */
export function complaintOf(issue: BaseIssue<unknown>, whole: string): string {
  const [path, inner] = innermost(issue, '')
  return `${path || whole}: ${textOf(inner).replace(/\s+/g, ' ')}`
}

function textOf(issue: BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') return 'is unknown here'
  if (issue.received === 'undefined') return 'is missing'
  if (!issue.message.startsWith('Invalid ')) return issue.message
  return `must be ${WORDS[issue.type] ?? issue.expected ?? 'something else'}`
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  boolean: 'true or false',
  number: 'a number',
  array: 'a list',
  strict_object: 'an object',
  record: 'an object',
}

function innermost(issue: BaseIssue<unknown>, before: string): [string, BaseIssue<unknown>] {
  const path = (issue.path ?? []).reduce(
    (text, { key }) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${key}` : String(key)),
    before,
  )
  // Of the branches of a union, the one that got deepest was meant.
  const deeper =
    issue.issues?.find((each) => each.path) ?? issue.issues?.find((each) => each.type !== 'array')
  const own = issue.type === 'union' && !issue.message.startsWith('Invalid')
  return deeper && !own ? innermost(deeper, path) : [path, issue]
}
