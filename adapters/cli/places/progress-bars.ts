import { sizeText } from '../../../src/engine/usage/quota.ts'
import type { Progress } from '../../../src/transfer/index.ts'
import { fitted } from './text-width.ts'

/** Over how long the speed is measured, in milliseconds. */
const WINDOW = 5_000
/** Longest name and bar, in columns, and the text behind them. */
const NAME = 32
const BAR = 30
const TEXT = 40
const GREEN = '\u001b[32m'
const PLAIN = '\u001b[39m'

/** What is on its way. */
interface Moving {
  readonly name: string
  readonly size: number
  moved: number
}

/** How far everything is. */
export interface ProgressBars {
  take(progress: Progress, name: string): void
  /** A line for each blob on its way, as far as there is room, and one for all; none while nothing is on its way. */
  lines(now: number, columns: number, rows: number): string[]
}

/** Bars for what a copy tells. */
export function progressBars(hasColor: boolean): ProgressBars {
  /** What was found, and is not done. */
  const waiting = new Set<string>()
  const moving = new Map<string, Moving>()
  const samples: { at: number; arrived: number }[] = []
  let all = 0
  let done = 0
  /** Bytes that have moved, also those that have to move again. */
  let arrived = 0
  const learn = (digest: string, size: number): void => {
    if (waiting.has(digest)) return
    waiting.add(digest)
    all += size
  }
  const speed = (now: number): number => {
    samples.push({ at: now, arrived })
    while (samples.length > 2 && now - samples[0]!.at > WINDOW) samples.shift()
    const [first] = samples
    return first && now > first.at ? ((arrived - first.arrived) / (now - first.at)) * 1000 : 0
  }
  const bar = (name: string, share: number, text: string, columns: number): string => {
    const room = columns - 1
    const width = Math.min(BAR, room - NAME - TEXT - 2)
    if (width < 8)
      return fitted(`${fitted(name, Math.min(NAME, Math.floor(room / 2)))} ${text}`, room).trimEnd()
    const full = Math.round(width * share)
    const drawn = '━'.repeat(full)
    const colored = hasColor ? `${GREEN}${drawn}${PLAIN}` : drawn
    return `${fitted(name, NAME)} ${colored}${'─'.repeat(width - full)} ${fitted(text, room - NAME - width - 2).trimEnd()}`
  }
  return {
    take({ kind, digest, size, state, moved }, name) {
      if (kind === 'manifest') return
      learn(digest, size)
      const known = moving.get(digest)
      if (state === 'begun') {
        moving.set(digest, { name, size, moved: 0 })
      } else if (state === 'moved') {
        arrived += Math.max(0, moved - (known?.moved ?? 0))
        if (known) known.moved = moved
      } else if (state !== 'found') {
        waiting.delete(digest)
        moving.delete(digest)
        done += size
      }
    },
    lines(now, columns, rows) {
      if (moving.size === 0) {
        samples.length = 0
        return []
      }
      const rate = speed(now)
      const shown = [...moving.values()].slice(0, Math.max(0, rows - 2))
      const came = [...moving.values()].reduce((sum, { moved }) => sum + Math.min(moved, all), done)
      const left = rate > 0 ? `  ${timeText((all - came) / rate)} left` : ''
      const total = `${sizeText(came)} of ${sizeText(all)}  ${sizeText(Math.round(rate))}/s${left}`
      return [
        ...shown.map(({ name, size, moved }) =>
          bar(name, shareOf(moved, size), `${sizeText(moved)} of ${sizeText(size)}`, columns),
        ),
        bar(`total ${Math.floor(100 * shareOf(came, all))} %`, shareOf(came, all), total, columns),
      ]
    },
  }
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 1 : Math.min(1, Math.max(0, part / whole))
}

/** Seconds as people say them: `0:09`, `1:02:03`. */
function timeText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const end = String(whole % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${end}` : `${minutes}:${end}`
}
