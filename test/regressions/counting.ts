import type { Storage } from '../../src/storage/index.ts'

/** A storage that notes every call, as `records.get key`. */
export function counting(inner: Storage): { storage: Storage; calls: string[] } {
  const calls: string[] = []
  const noting = <T extends object>(face: string, target: T): T =>
    new Proxy(target, {
      get(object, name) {
        const value: unknown = Reflect.get(object, name)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          calls.push(`${face}.${String(name)} ${String(given[0])}`)
          return value.apply(object, given)
        }
      },
    })
  const records = noting('records', inner.records)
  const contents = noting('contents', inner.contents)
  return { storage: { ...inner, records, contents }, calls }
}
