import { setImmediate as nextTurn } from 'node:timers/promises'

/** What is sorted in one go: some milliseconds. */
const RUN = 16_384

/** Sorts, and lets others have their turn meanwhile: a million of strings would keep them waiting for a second. */
export async function sortInTurns<T>(items: T[], compare: (a: T, b: T) => number): Promise<readonly T[]> {
  if (items.length <= RUN) return items.sort(compare)
  let runs: (readonly T[])[] = []
  for (let at = 0; at < items.length; at += RUN) {
    runs.push(items.slice(at, at + RUN).sort(compare))
    await nextTurn()
  }
  while (runs.length > 1) {
    const merged: (readonly T[])[] = []
    for (let i = 0; i < runs.length; i += 2) {
      const [one, other] = [runs[i]!, runs[i + 1]]
      merged.push(other ? await merge(one, other, compare) : one)
    }
    runs = merged
  }
  return runs[0]!
}

async function merge<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
  const merged: T[] = []
  for (let [i, j] = [0, 0]; i < a.length || j < b.length; ) {
    const isFirst = j === b.length || (i < a.length && compare(a[i]!, b[j]!) <= 0)
    merged.push(isFirst ? a[i++]! : b[j++]!)
    if (merged.length % RUN === 0) await nextTurn()
  }
  return merged
}
