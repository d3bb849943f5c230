import { RegistryError } from '../oci/index.ts'
import { defineRegistry, REGISTRY_METHODS, type Registry } from '../registry.ts'

/** One call, when it has ended. */
export interface DebugEntry {
  /** The method of the registry. */
  readonly method: string
  /** What it was called with: names, digests, tags, numbers. No bytes, no credentials, upload ids cut short. */
  readonly args: readonly string[]
  /** What came of it, in a few words; absent after an error. */
  readonly result?: string
  /** Code and message of its error. */
  readonly error?: string
  /** How long it took, in milliseconds; a list until it ended. */
  readonly ms: number
}

/** Longest text of an argument, a result or an error. */
const MAX_TEXT = 200
/** Most arguments and fields that are shown. */
const MAX_SHOWN = 8
/** Of an upload id, which is a key to a session. */
const SHOWN_ID = 8

/** Position of an upload id among the arguments. */
const IDS: Readonly<Record<string, number>> = {
  uploadStatus: 1,
  writeUpload: 1,
  finishUpload: 1,
  cancelUpload: 1,
}

/**
 * A registry that tells what it is asked. Each call gives one entry of bounded size, when it has ended; a log that
 * fails breaks nothing. Streams are neither counted nor touched.
 *
 * @example
 * ```ts
 * import { createStore, memory } from 'ocikit'
 * import { debug } from 'ocikit/compose'
 *
 * export const registry = debug(createStore({ storage: memory() }), ({ method, error }) => console.log(method, error))
 * ```
 */
export function debug(inner: Registry, log: (entry: DebugEntry) => void): Registry {
  const parts: Record<string, unknown> = {}
  for (const method of REGISTRY_METHODS) {
    const call = inner[method].bind(inner) as (...args: unknown[]) => unknown
    parts[method] = (...args: unknown[]) => told(method, args, () => call(...args), log)
  }
  return defineRegistry(parts as Partial<Registry>)
}

function told(
  method: string,
  args: readonly unknown[],
  call: () => unknown,
  log: (entry: DebugEntry) => void,
): unknown {
  const started = performance.now()
  const tell = (outcome: { result?: string; error?: string }): void => {
    const ms = Math.round((performance.now() - started) * 10) / 10
    try {
      log({ method, args: shown(method, args), ...outcome, ms })
    } catch {
      // What is only told must not change what is done.
    }
  }
  const made = call()
  if (made instanceof Promise) {
    return made.then(
      (value: unknown) => {
        tell({ result: textOf(value) })
        return value
      },
      (error: unknown) => {
        tell({ error: errorText(error) })
        throw error
      },
    )
  }
  return counted(made as AsyncIterable<unknown>, tell)
}

async function* counted(
  list: AsyncIterable<unknown>,
  tell: (outcome: { result?: string; error?: string }) => void,
): AsyncGenerator<unknown, void, void> {
  let count = 0
  let error: string | undefined
  try {
    for await (const each of list) {
      count++
      yield each
    }
  } catch (thrown) {
    error = errorText(thrown)
    throw thrown
  } finally {
    tell(error === undefined ? { result: `${count} entries` } : { error })
  }
}

function shown(method: string, args: readonly unknown[]): string[] {
  return args
    .slice(0, MAX_SHOWN)
    .map((arg, i) => (i === IDS[method] ? `${String(arg).slice(0, SHOWN_ID)}...` : textOf(arg)))
}

/** Bytes by their number, objects by their plain fields; signals and contexts not at all. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (value instanceof ReadableStream) return 'a stream'
  if (Array.isArray(value)) return `[${value.slice(0, MAX_SHOWN).map(textOf).join(' ')}]`.slice(0, MAX_TEXT)
  if (typeof value !== 'object') return String(value).slice(0, MAX_TEXT)
  const fields = Object.entries(value).filter(([name, field]) => isTold(name, field))
  return fields
    .slice(0, MAX_SHOWN)
    .map(([name, field]) => `${name}=${textOf(field)}`)
    .join(' ')
    .slice(0, MAX_TEXT)
}

const HIDDEN: readonly string[] = ['context', 'signal', 'id', 'location', 'annotations', 'urls']

function isTold(name: string, field: unknown): boolean {
  return !HIDDEN.includes(name) && field !== undefined && typeof field !== 'function'
}

function errorText(error: unknown): string {
  const code = error instanceof RegistryError ? `${error.code} ` : ''
  return `${code}${error instanceof Error ? error.message : String(error)}`.slice(0, MAX_TEXT)
}
