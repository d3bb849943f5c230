import { readFile, stat } from 'node:fs/promises'
import type { Logger } from '../../../src/index.ts'
import { UsageError } from '../input/values.ts'

/** How often a file is looked at, at most, in milliseconds. */
const EVERY = 1000

/**
 * A file that may change while the server runs. What cannot be read or makes no sense later is logged, and what was
 * there before stays.
 *
 * @param what How the file is called in messages, as in `--htpasswd`.
 * @returns gives what is in the file now.
 * @throws {@link UsageError} if it makes no sense at first.
 */
export async function reread<T>(
  what: string,
  path: string,
  parse: (text: string) => T,
  logger: Logger,
): Promise<() => Promise<T>> {
  let value: T
  let seen = ''
  const read = async (): Promise<void> => {
    const { mtimeMs, size, ino } = await stat(path)
    const stamp = `${mtimeMs} ${size} ${ino}`
    if (stamp === seen) return
    const text = await readFile(path, 'utf8')
    // Not before: a file that may not be read yet is read as soon as it may.
    seen = stamp
    value = parse(text)
  }
  try {
    await read()
  } catch (error) {
    throw new UsageError(`${what} ${path}: ${whyOf(error)}`)
  }
  let looked = Date.now()
  let missing = false
  return async () => {
    if (Date.now() - looked >= EVERY) {
      looked = Date.now()
      try {
        await read()
        missing = false
      } catch (error) {
        // Told once for each change.
        if (!missing) logger.warn(`${what} has not been taken over: ${whyOf(error)}`, { path })
        missing = (error as NodeJS.ErrnoException).code !== undefined
      }
    }
    return value
  }
}

function whyOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EACCES') return 'it may not be read'
  if (code === 'EISDIR') return 'it is a folder'
  return message
}

/**
 * JSON whose text is not shown: it may hold secrets.
 * @throws TypeError that says where it is none.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const [where] = /line \d+ column \d+/.exec((error as Error).message) ?? []
    throw new TypeError(where ? `this is no JSON: ${where}` : 'this is no JSON')
  }
}
