import { readFile } from 'node:fs/promises'
import * as v from 'valibot'
import { complaintOf } from '../../../src/auth/complaint.ts'
import { grantOfScopes } from '../../../src/auth/scope.ts'
import type { ApiKey } from '../../../src/index.ts'
import { changeFile, FileLockError } from '../../node/change-file.ts'
import { UsageError } from '../input/values.ts'
import { parseJson } from './reread.ts'

const schema = v.strictObject({
  keys: v.array(
    v.strictObject({
      id: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/, 'must be 16 hex digits')),
      name: v.string(),
      subject: v.pipe(v.string(), v.minLength(1, 'must not be empty')),
      groups: v.optional(v.array(v.string())),
      hash: v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, 'must be a sha256')),
      scopes: v.optional(v.pipe(v.array(v.string()), v.check(areScopes, 'must be scopes'))),
      created: v.number(),
      expires: v.optional(v.number()),
    }),
  ),
})

function areScopes(texts: string[]): boolean {
  try {
    grantOfScopes(texts)
    return true
  } catch {
    return false
  }
}

/** Reads a file of keys. @throws TypeError that names the place and shows no value. */
export function parseKeys(text: string): readonly ApiKey[] {
  const result = v.safeParse(schema, parseJson(text))
  if (result.success) return result.output.keys as ApiKey[]
  throw new TypeError(complaintOf(result.issues[0], 'the file'))
}

/** The keys of a file; none if it is not there. @throws {@link UsageError} */
export async function readKeys(path: string): Promise<readonly ApiKey[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw new UsageError(`--tokens ${path}: ${error.message}`)
  })
  return keysIn(text, path)
}

/** Changes the keys of a file, one command at a time; whoever reads it finds the old or the new, whole. */
export async function changeKeys(
  path: string,
  change: (keys: readonly ApiKey[]) => readonly ApiKey[],
): Promise<void> {
  try {
    // A server with another account must go on reading the file, or it would not hear of what is revoked.
    const keep = { keepMode: true }
    await changeFile(
      path,
      (text) => `${JSON.stringify({ keys: change(keysIn(text, path)) }, null, 2)}\n`,
      keep,
    )
  } catch (error) {
    throw error instanceof FileLockError ? new UsageError(`--tokens: ${error.message}`) : error
  }
}

function keysIn(text: string | null, path: string): readonly ApiKey[] {
  try {
    return text === null ? [] : parseKeys(text)
  } catch (error) {
    throw new UsageError(`--tokens ${path}: ${(error as Error).message}`)
  }
}
