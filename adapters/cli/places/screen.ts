import type { Output } from '../main.ts'
import { widthOf } from './text-width.ts'

/** An output that somebody looks at. */
export interface Terminal extends Output {
  readonly columns: number
  readonly rows: number
  /** @returns what ends the listening. */
  onResize(listener: () => void): () => void
}

/** The part of Node's `tty.WriteStream` that is used. */
interface TerminalStream extends Output {
  readonly isTTY: true
  readonly columns?: number
  readonly rows?: number
  on?(event: 'resize', listener: () => void): unknown
  off?(event: 'resize', listener: () => void): unknown
}

function isTerminal(out: Output): out is TerminalStream {
  return 'isTTY' in out && out.isTTY === true
}

/** The terminal that an output is; `null` for pipes, files and terminals that cannot move their cursor. */
export function terminalOf(out: Output, env: Readonly<Record<string, string | undefined>>): Terminal | null {
  if (!isTerminal(out) || env['TERM'] === 'dumb') return null
  return {
    write: (text) => out.write(text),
    // A terminal that tells no size has 0 of both.
    get columns() {
      return out.columns || 80
    },
    get rows() {
      return out.rows || 24
    },
    onResize(listener) {
      out.on?.('resize', listener)
      return () => out.off?.('resize', listener)
    },
  }
}

/** Lines at the bottom of what was written so far, drawn again and again in their place. */
export interface Screen {
  /** Draws lines in place of those before. Each is shorter than the terminal is wide. */
  show(lines: readonly string[]): void
  /** Writes something that stays, which ends its line, above them. */
  above(write: () => void): void
  /** Takes them away. */
  end(): void
}

const UP = (rows: number): string => (rows > 0 ? `\u001b[${rows}A` : '')
const CLEAR_BELOW = '\u001b[J'
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'

/** Lines on a terminal. The cursor is hidden while there are some, and comes back also when the process is ended. */
export function screenOn(terminal: Terminal): Screen {
  let shown: readonly string[] = []
  const restore = (): void => void terminal.write(`${erased()}${SHOW_CURSOR}`)
  /** What takes the lines away: one that became longer than a terminal that was made narrower takes several rows. */
  const erased = (): string => {
    if (shown.length === 0) return ''
    const rows = shown.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / terminal.columns)),
      0,
    )
    return `\r${UP(rows - 1)}${CLEAR_BELOW}`
  }
  const draw = (lines: readonly string[]): void => {
    if (shown.length === 0 && lines.length > 0) process.once('exit', restore)
    const before = erased()
    const cursor = shown.length === 0 && lines.length > 0 ? HIDE_CURSOR : ''
    if (before !== '' || lines.length > 0) terminal.write(`${before}${cursor}${lines.join('\n')}`)
    if (shown.length > 0 && lines.length === 0) {
      process.off('exit', restore)
      terminal.write(SHOW_CURSOR)
    }
    shown = lines
  }
  return {
    show: draw,
    above(write) {
      const lines = shown
      if (lines.length === 0) return write()
      terminal.write(erased())
      shown = []
      write()
      terminal.write(lines.join('\n'))
      shown = lines
    },
    end: () => draw([]),
  }
}
