/**
 * The report for people: aligned text, and Markdown for a README.
 * @module
 */

import type { Machine } from './machine.ts'
import { median, type Report, type RowReport } from './report.ts'
import { MIB } from './scale.ts'

/** The report as aligned text. */
export function asText(report: Report): string {
  const lines = cellsOf(report)
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((cells) => cells[i]!.length)))
  const aligned = lines.map((cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  )
  return [...headOf(report), '', ...aligned, ...footOf(report)].join('\n')
}

/** The report as a Markdown table. */
export function asMarkdown(report: Report): string {
  const [head, ...lines] = cellsOf(report)
  const rule = head!.map((_, i) => (i === 0 ? '---' : '---:'))
  return [head!, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** What ran where, one line for each. */
function headOf(report: Report): string[] {
  const { machine, subjects, against, absent, smoke } = report
  return [
    ...subjects.map(({ name, version }) => `${name} ${version}`),
    ...absent.map(({ name, reason }) => `${name}: left out, ${reason.split('\n')[0]}`),
    ...machineLines(machine),
    smoke
      ? 'smoke run: the figures mean nothing'
      : `medians of ${roundsOf(report)}; ratios are ${against === undefined ? `${subjects[0]!.name} / other` : `ours / ${against}`}`,
  ]
}

/** How often it was measured, as the rows themselves tell. */
function roundsOf({ rounds, rows }: Report): string {
  const turns = rows.find(({ paired }) => paired)?.results
  const most = Math.max(0, ...Object.values(turns ?? {}).map(({ figures }) => figures.length))
  return most > rounds ? `${rounds} rounds in ${most} turns` : `${rounds} rounds`
}

function machineLines({ cpu, cores, memory, kernel, disk, node, load, tools }: Machine): string[] {
  return [
    `${cores} cores of ${cpu}, ${Math.round(memory / MIB / 1024)} GiB memory, ${kernel}, data on ${disk}`,
    `Node ${node.slice(1)}, ${tools['curl']}, ${tools['wrk']}${load === null ? '' : `, load before ${load}`}`,
  ]
}

/** A ratio beside each of the others, and the highest memory in brackets. */
function cellsOf(report: Report): string[][] {
  const { rows } = report
  const columns = columnsOf(report)
  const withDisk = rows.some(({ disk }) => disk !== undefined)
  const head = [
    '',
    ...columns.flatMap(({ name, ratio }) => [name, ...(ratio ? ['ratio'] : [])]),
    ...(withDisk ? ['disk alone'] : []),
  ]
  const lines = rows.map((row) => [
    `${row.title}, ${row.unit}${row.better === 'less' ? ' (less is better)' : ''}`,
    ...columns.flatMap(({ name, ratio }) => [
      figureOf(row, name),
      ...(ratio ? [ratioOf(row, ...ratio)] : []),
    ]),
    ...(withDisk ? [row.disk === undefined ? '' : short(row.disk)] : []),
  ])
  return [head, ...lines]
}

/** A subject, and what is divided by what beside it. */
interface Column {
  readonly name: string
  readonly ratio?: readonly [string, string]
}

function columnsOf({ subjects, against }: Report): Column[] {
  const first = subjects[0]!.name
  return subjects.map(({ name }): Column => {
    if (name === (against ?? first)) return { name }
    return { name, ratio: against === undefined ? [first, name] : [name, against] }
  })
}

function figureOf(row: RowReport, name: string): string {
  const { figure, peak } = row.results[name] ?? {}
  if (figure === undefined) return row.skipped === undefined ? 'failed' : 'skipped'
  return row.better === 'less' || peak === undefined ? short(figure) : `${short(figure)} (${short(peak)} MiB)`
}

function ratioOf(row: RowReport, own: string, other: string): string {
  const [ours, theirs] = [row.results[own], row.results[other]]
  if (ours?.figure === undefined || !theirs?.figure) return '-'
  const isPaired = row.paired && ours.errors.length + theirs.errors.length === 0
  const ratios = isPaired ? ours.figures.map((figure, i) => figure / theirs.figures[i]!) : []
  return (median(ratios) ?? ours.figure / theirs.figure).toFixed(2)
}

function footOf({ rows }: Report): string[] {
  const skipped = rows.filter((row) => row.skipped !== undefined)
  const failed = rows.flatMap((row) =>
    Object.entries(row.results).flatMap(([name, { errors }]) =>
      errors.map((error) => `failed: ${row.name} ${name}: ${error.split('\n')[0]}`),
    ),
  )
  return [
    '',
    ...skipped.map((row) => `skipped: ${row.name}: ${row.skipped}`),
    ...failed,
    'in brackets: peak resident memory',
  ]
}

function short(figure: number): string {
  if (figure >= 1000) return Math.round(figure).toLocaleString('en')
  return figure >= 100 ? figure.toFixed(0) : figure.toFixed(1)
}
