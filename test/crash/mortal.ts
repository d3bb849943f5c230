/**
 * A storage whose process dies.
 * @module
 */

import type { Contents, Records, Storage } from '../../src/storage/index.ts'

/** A storage until call `k`, which never happens, and neither does any later one; all of them wait for ever. */
export function mortal(storage: Storage, k: number): { storage: Storage; death: Promise<void> } {
  let calls = 0
  let die = () => {}
  const death = new Promise<void>((resolve) => {
    die = resolve
  })
  const step = async () => {
    if (++calls < k) return
    die()
    await new Promise(() => {})
  }
  const dying = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        if (name === 'list') {
          return async function* (...args: unknown[]) {
            await step()
            yield* Reflect.apply(value, target, args) as AsyncIterable<unknown>
          }
        }
        return async (...args: unknown[]) => {
          await step()
          return Reflect.apply(value, target, args) as unknown
        }
      },
    })
  const records: Records = dying(storage.records)
  const contents: Contents = dying(storage.contents)
  return { storage: { records, contents, traits: storage.traits }, death }
}
