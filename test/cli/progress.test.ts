/** Bars on terminals: made of what a copy tells, drawn in their place, and gone at the end. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Io } from '../../adapters/cli/main.ts'
import { withProgress } from '../../adapters/cli/places/progress.ts'
import { progressBars } from '../../adapters/cli/places/progress-bars.ts'
import { fitted, widthOf } from '../../adapters/cli/places/text-width.ts'
import type { Progress } from '../../src/transfer/index.ts'
import { shownAfter } from './terminal.ts'

const MIB = 1024 * 1024

function about(name: string, size: number, state: Progress['state'], moved = 0): Progress {
  return { kind: 'blob', digest: `sha256:${name}`, size, state, moved }
}

describe('bars', () => {
  const bars = progressBars(false)
  for (const [name, size] of [
    ['a', 30 * MIB],
    ['b', 10 * MIB],
    ['c', 60 * MIB],
  ] as const)
    bars.take(about(name, size, 'found'), name)

  test('are none while nothing is on its way', () => {
    expect(bars.lines(0, 100, 24)).toEqual([])
  })

  test('are one for each blob and one for all, with the speed and what is left', () => {
    bars.take(about('b', 10 * MIB, 'there'), 'b')
    bars.take(about('a', 30 * MIB, 'begun'), 'a')
    bars.take(about('c', 60 * MIB, 'begun'), 'c')
    bars.lines(1000, 120, 24)
    bars.take(about('a', 30 * MIB, 'moved', 15 * MIB), 'a')
    bars.take(about('c', 60 * MIB, 'moved', 5 * MIB), 'c')
    const lines = bars.lines(3000, 120, 24)
    expect(lines.map((line) => line.replace(/ +/g, ' '))).toEqual([
      'a ━━━━━━━━━━━━━━━─────────────── 15 MiB of 30 MiB',
      'c ━━━──────────────────────────── 5 MiB of 60 MiB'.replace(
        '━━━────────────────────────────',
        '━━━───────────────────────────',
      ),
      'total 30 % ━━━━━━━━━───────────────────── 30 MiB of 100 MiB 10 MiB/s 0:07 left',
    ])
  })

  test('begin again for a blob that is begun again, and end with it', () => {
    bars.take(about('a', 30 * MIB, 'begun'), 'a')
    expect(bars.lines(4000, 120, 24)[0]).toContain('0 bytes of 30 MiB')
    bars.take(about('a', 30 * MIB, 'copied', 30 * MIB), 'a')
    expect(bars.lines(5000, 120, 24).map((line) => line.slice(0, 10).trim())).toEqual(['c', 'total 45 %'])
    bars.take(about('c', 60 * MIB, 'copied', 60 * MIB), 'c')
    expect(bars.lines(6000, 120, 24)).toEqual([])
  })

  test.each([1, 2, 3, 20, 40, 60, 80, 200])('fit into %d columns, and into few rows', (columns) => {
    const many = progressBars(true)
    for (let no = 0; no < 50; no++) {
      const name = `${'日本語 file with a long name '.repeat(4)}${no}`
      many.take(about(String(no), 5e12, 'begun'), name)
      many.take(about(String(no), 5e12, 'moved', 123_456_789_012), name)
    }
    const lines = many.lines(1000, columns, 10)
    expect(lines).toHaveLength(9)
    for (const line of lines) expect(widthOf(line)).toBeLessThan(columns)
    expect(many.lines(1000, columns, 1)).toHaveLength(1)
  })
})

test('texts are as wide as a terminal shows them', () => {
  expect([
    widthOf('abc'),
    widthOf('日本'),
    widthOf('𠀋'),
    widthOf('é'),
    widthOf('e\u0301'),
    widthOf('\u001b[32ma\u001b[39m'),
  ]).toEqual([3, 4, 2, 1, 1, 1])
  expect(fitted('a long name', 7)).toBe('a l…ame')
  expect(fitted('short', 7)).toBe('short  ')
})

describe('a terminal', () => {
  let written = ''
  let columns = 100
  const out = {
    isTTY: true,
    rows: 24,
    write(text: string) {
      written += text
    },
  }
  const ioOf = (env: Record<string, string> = {}): Io => ({
    argv: [],
    env,
    stdout: out,
    stderr: Object.defineProperty({ ...out }, 'columns', { get: () => columns }),
  })
  const blob = about('0123456789abcdef', 20 * MIB, 'begun')
  beforeEach(() => {
    written = ''
    columns = 100
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('shows bars below what was written, and at the end only that', async () => {
    const names = new Map([[blob.digest as string, 'evil\u001b[2Jname']])
    await withProgress(ioOf(), { nameOf: (digest) => names.get(digest) }, async (io, { onProgress }) => {
      onProgress?.(blob)
      vi.advanceTimersByTime(100)
      expect(shownAfter(written, columns)).toMatchObject({ hasCursor: false, strange: [] })
      expect(shownAfter(written, columns).lines.map((line) => line.slice(0, 14).trim())).toEqual([
        'evil�[2Jname',
        'total 0 %',
      ])
      io.stderr.write('a warning\n')
      io.stdout.write('a line\n')
      onProgress?.({ ...blob, state: 'moved', moved: 10 * MIB })
      vi.advanceTimersByTime(100)
      const { lines } = shownAfter(written, columns)
      expect(lines.slice(0, 2)).toEqual(['a warning', 'a line'])
      expect(lines.at(-1)).toContain('total 50 %')
      onProgress?.({ ...blob, state: 'copied', moved: blob.size })
    })
    expect(written).toContain('\u001b[32m')
    expect(shownAfter(written, 100)).toMatchObject({ hasCursor: true, strange: [] })
    expect(shownAfter(written, 100).lines.at(-2)).toBe('evil�[2Jname  20 MiB  copied')
  })

  test('that became narrower keeps nothing of the wider bars', async () => {
    await withProgress(ioOf({ NO_COLOR: '1' }), {}, async (_, { onProgress }) => {
      onProgress?.(blob)
      vi.advanceTimersByTime(100)
      const wide = shownAfter(written, 100).lines
      expect(wide).toHaveLength(2)
      // Terminals break lines anew that became too long.
      const broken = written.length
      columns = 30
      vi.advanceTimersByTime(100)
      const erasing = written.slice(broken)
      const rows = wide.reduce((sum, line) => sum + Math.ceil(line.length / 30), 0)
      expect(erasing.startsWith(`\r\u001b[${rows - 1}A\u001b[J`)).toBe(true)
    })
    expect(written).not.toContain('\u001b[32m')
  })

  test('has its cursor back when the process is ended in the middle', async () => {
    await withProgress(ioOf(), {}, async (_, { onProgress }) => {
      const before = process.listeners('exit')
      onProgress?.(blob)
      vi.advanceTimersByTime(100)
      const [atExit, ...more] = process.listeners('exit').filter((each) => !before.includes(each))
      expect(more).toEqual([])
      atExit?.(0)
      expect(shownAfter(written, columns)).toMatchObject({ hasCursor: true, lines: [''] })
    })
  })

  test('has its cursor back when the work fails, and when it was never taken', async () => {
    const failing = withProgress(ioOf(), {}, async (_, { onProgress }) => {
      onProgress?.(blob)
      vi.advanceTimersByTime(100)
      throw new Error('refused')
    })
    await expect(failing).rejects.toThrow('refused')
    expect(shownAfter(written, columns)).toMatchObject({ hasCursor: true, lines: [''] })
    written = ''
    await withProgress(ioOf(), {}, async () => vi.advanceTimersByTime(1000))
    expect(written).toBe('')
  })

  test.each([[{ TERM: 'dumb' }], [{}]])('that cannot be drawn on gets lines: %j', async (env) => {
    const lines: string[] = []
    const plain = { write: (text: string) => lines.push(text) }
    const io = { ...ioOf(env), stderr: 'TERM' in env ? { ...plain, isTTY: true } : plain }
    await withProgress(io, {}, async (_, { onProgress }) => {
      onProgress?.(blob)
      onProgress?.({ ...blob, state: 'copied', moved: blob.size })
      vi.advanceTimersByTime(1000)
    })
    expect(lines).toEqual(['blob sha256:0123456789ab  20 MiB  copied\n'])
  })
})
