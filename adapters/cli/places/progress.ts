import { sizeText } from '../../../src/engine/usage/quota.ts'
import type { Progress } from '../../../src/transfer/index.ts'
import type { Io, Output } from '../main.ts'
import { printable } from './printable.ts'
import { progressBars } from './progress-bars.ts'
import { screenOn, terminalOf } from './screen.ts'

/** How often a blob on its way is told of where there is no terminal, in milliseconds. */
const EVERY = 5_000
/** How often bars are drawn, in milliseconds. */
const FRAME = 100

/** How progress is shown. */
export interface ShowOptions {
  /** Show nothing (false). */
  readonly isQuiet?: boolean
  /** Whether each blob and manifest that is done has a line (true); bars are there anyway. */
  readonly hasLines?: boolean
  /** What a blob is called; by default by its digest. It may come from elsewhere. */
  readonly nameOf?: (digest: string) => string | undefined
}

/** Is told what happens; absent if nobody wants to know. */
export interface Watched {
  readonly onProgress?: (progress: Progress) => void
}

/**
 * Does work and shows how far it is, on the standard error: with bars on a terminal, else line by line. The bars are gone
 * when the work ends, however it ends.
 * @param work Writes by the `io` that it is given, above the bars.
 */
export async function withProgress<T>(
  io: Io,
  { isQuiet = false, hasLines = true, nameOf = () => undefined }: ShowOptions,
  work: (io: Io, watched: Watched) => Promise<T>,
): Promise<T> {
  if (isQuiet) return work(io, {})
  const nameIn = ({ kind, digest }: Progress): string =>
    printable(nameOf(digest) ?? `${kind} ${digest.slice(0, digest.indexOf(':') + 13)}`)
  const terminal = terminalOf(io.stderr, io.env)
  if (!terminal) return work(io, hasLines ? { onProgress: progressLines(io.stderr, nameIn) } : {})
  const screen = screenOn(terminal)
  const bars = progressBars(io.env['NO_COLOR'] === undefined || io.env['NO_COLOR'] === '')
  const draw = (): void => screen.show(bars.lines(performance.now(), terminal.columns, terminal.rows))
  const timer = setInterval(draw, FRAME)
  const unheard = terminal.onResize(draw)
  const above = (out: Output): Output => ({ write: (text) => screen.above(() => out.write(text)) })
  const { argv, env, stdin, signal } = io
  const shown: Io = {
    argv,
    env,
    stdout: above(io.stdout),
    stderr: above(io.stderr),
    ...(stdin && { stdin }),
    ...(signal && { signal }),
  }
  try {
    return await work(shown, {
      onProgress: (progress) => {
        bars.take(progress, nameIn(progress))
        const line = hasLines ? lineOf(progress, nameIn(progress)) : null
        if (line !== null) screen.above(() => terminal.write(line))
      },
    })
  } finally {
    clearInterval(timer)
    unheard()
    screen.end()
  }
}

/** What is left to read of a blob or a manifest that is done; `null` before. */
function lineOf({ state, size }: Progress, name: string): string | null {
  if (state === 'found' || state === 'begun' || state === 'moved') return null
  return `${name}  ${sizeText(size)}  ${state}\n`
}

/** Tells what happens, a line for each blob and manifest, and for long ones now and then how far they are. */
function progressLines(out: Output, nameIn: (progress: Progress) => string): (progress: Progress) => void {
  let told = performance.now()
  return (progress) => {
    const line = lineOf(progress, nameIn(progress))
    if (line !== null) {
      out.write(line)
    } else if (progress.state === 'moved' && performance.now() - told > EVERY) {
      told = performance.now()
      out.write(`${nameIn(progress)}  ${sizeText(progress.moved)} of ${sizeText(progress.size)}\n`)
    }
  }
}
