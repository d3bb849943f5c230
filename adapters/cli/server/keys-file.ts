import type { Stats } from 'node:fs'
import { type FileHandle, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import * as v from 'valibot'
import { complaintOf } from '../../../src/auth/complaint.ts'
import { grantOfScopes } from '../../../src/auth/scope.ts'
import type { ApiKey } from '../../../src/index.ts'
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
  try {
    return parseKeys(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new UsageError(`--tokens ${path}: ${(error as Error).message}`)
  }
}

/** Changes the keys of a file, one command at a time; whoever reads it finds the old or the new, whole. */
export async function changeKeys(
  path: string,
  change: (keys: readonly ApiKey[]) => readonly ApiKey[],
): Promise<void> {
  const lock = `${path}.lock`
  await takeLock(lock)
  try {
    const keys = change(await readKeys(path))
    const before = await stat(path).catch(() => null)
    const next = `${path}.new`
    // Nobody else has to know who has keys.
    const file = await open(next, 'w', 0o600)
    try {
      if (before) await takeOver(file, before)
      await file.writeFile(`${JSON.stringify({ keys }, null, 2)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(next, path)
  } finally {
    await rm(lock, { force: true })
  }
}

/** A server with another account must go on reading the file, or it would not hear of what is revoked. */
async function takeOver(file: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  // Only root may give files away; where that is not needed, nothing is lost.
  await file.chown(uid, gid).catch(() => {})
  await file.chmod(mode & 0o777)
}

/** Longer than any command takes: its owner was killed. */
const STALE = 30_000
const PATIENCE = 10_000

async function takeLock(path: string): Promise<void> {
  for (const end = Date.now() + PATIENCE; ; await sleep(20)) {
    try {
      await (await open(path, 'wx')).close()
      return
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code !== 'EEXIST') throw new UsageError(`the file of keys cannot be written: ${message}`)
      const held = await stat(path).catch(() => null)
      if (held && Date.now() - held.mtimeMs > STALE) await rm(path, { force: true })
      else if (Date.now() > end)
        throw new UsageError(`another command is changing the keys: ${path} is there`)
    }
  }
}
