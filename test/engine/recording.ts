import type { Context } from '../../src/registry.ts'
import type { Storage } from '../../src/storage/index.ts'

/** A call that a storage was given. */
export interface Call {
  /** `records.get`, `contents.seal`, ... */
  readonly method: string
  /** A key, a prefix or a place; several in one text. */
  readonly key: string
  readonly context: Context | undefined
  /** Of a listing: how many entries were taken. */
  taken: number
}

export interface Recording {
  readonly storage: Storage
  readonly calls: Call[]
  /** Calls of a method whose key begins so. */
  of(method: string, key?: string): Call[]
  /** Forgets what was called so far. */
  clear(): void
}

/** What may happen before a call reaches the storage. */
export type Hook = (call: Call) => void | Promise<void>

/** The same storage, but every call of every method is written down; `hook` can fail or delay it. */
export function recording(inner: Storage, hook: Hook = () => {}): Recording {
  const calls: Call[] = []
  const wrap = <T extends object>(face: string, target: T): T =>
    new Proxy(target, {
      get(object, name, receiver) {
        const value: unknown = Reflect.get(object, name, receiver)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          const call = callOf(`${face}.${String(name)}`, args)
          calls.push(call)
          const run = (): unknown => Reflect.apply(value, object, args)
          if (name === 'list') return listing(call, run as () => AsyncIterable<unknown>, hook)
          return after(hook(call), run)
        }
      },
    })
  const storage = {
    ...inner,
    records: wrap('records', inner.records),
    contents: wrap('contents', inner.contents),
  }
  return {
    storage,
    calls,
    of: (method, key = '') => calls.filter((call) => call.method === method && call.key.startsWith(key)),
    clear: () => calls.splice(0),
  }
}

function callOf(method: string, args: readonly unknown[]): Call {
  const [key] = args
  const options = args.find(
    (arg): arg is { context: Context } => typeof arg === 'object' && arg !== null && 'context' in arg,
  )
  return {
    method,
    key: Array.isArray(key) ? key.join(' ') : String(key),
    context: options?.context,
    taken: 0,
  }
}

async function after(hook: void | Promise<void>, run: () => unknown): Promise<unknown> {
  await hook
  return run()
}

async function* listing(
  call: Call,
  run: () => AsyncIterable<unknown>,
  hook: Hook,
): AsyncGenerator<unknown, void, void> {
  await hook(call)
  for await (const entry of run()) {
    call.taken++
    yield entry
  }
}
