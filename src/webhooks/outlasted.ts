import type { Post } from './entry.ts'

/** Whether a record, written at `modified`, has stood in `state` for longer than it may. To be asked again later. */
export type Outlasted = (record: string, state: string, modified: number) => boolean

/** Records that are remembered; whoever asks for more begins to wait anew. */
const MAX_KNOWN = 10_000

/**
 * Tells what has stood too long: by the clock of the storage, which may be wrong by `skew`; or because this process itself
 * has seen it unchanged for that time, which is true whatever the clocks say, and sooner where they may differ by much.
 * @param lasts How long it may stand, in milliseconds.
 */
export function outlasts({ now, skew }: Pick<Post, 'now' | 'skew'>, lasts: number): Outlasted {
  const seen = new Map<string, { readonly state: string; readonly at: number }>()
  return (record, state, modified) => {
    if (now() - modified > lasts + skew) return true
    const first = seen.get(record)
    if (first?.state === state) return performance.now() - first.at > lasts
    if (seen.size >= MAX_KNOWN) seen.clear()
    seen.set(record, { state, at: performance.now() })
    return false
  }
}
