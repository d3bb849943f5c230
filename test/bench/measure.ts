/**
 * The rounds: every subject, every row, in an order that turns around each time.
 * @module
 */

import { diskRate, lacksSpace } from './disk.ts'
import { Kept, repositoryOf } from './kept.ts'
import { Payloads } from './payload.ts'
import { median, type Result, type RowReport } from './report.ts'
import type { Bench, Row } from './row.ts'
import { which } from './run.ts'
import { MIB, type Scale } from './scale.ts'
import { fastPlace, temporaryFolder } from './scratch.ts'
import type { Subject } from './subject.ts'

/** What is measured how often. */
export interface Plan {
  readonly subjects: readonly Subject[]
  readonly rows: readonly Row[]
  readonly rounds: number
  readonly scale: Scale
  /** Hears of every figure. */
  progress(text: string): void
}

interface Tally {
  readonly figures: number[]
  readonly peaks: number[]
  readonly errors: string[]
}

/** Measures everything and takes the medians. */
export async function measureAll(plan: Plan): Promise<RowReport[]> {
  const { subjects, rows, rounds, scale } = plan
  using files = temporaryFolder(await fastPlace())
  const payloads = new Payloads(files.path)
  const tallies = new Map<string, Tally>()
  const disks = new Map<number, number[]>()
  await using kept = new Kept()
  const skipped = new Map<string, string>()
  const tallyOf = (row: Row, { name }: Subject): Tally => {
    const key = `${row.name} ${name}`
    return tallies.get(key) ?? tallies.set(key, { figures: [], peaks: [], errors: [] }).get(key)!
  }
  for (let round = 1; round <= rounds; round++) {
    for (const row of rows) {
      if (round > (row.rounds ?? rounds) || skipped.has(row.name)) continue
      const obstacle = await obstacleOf(row, scale)
      if (obstacle !== null) {
        skipped.set(row.name, obstacle)
        plan.progress(`${row.name}: skipped, ${obstacle}`)
        continue
      }
      await measureDisk(row.disk?.(scale), round, disks, payloads)
      for (let turn = 0; turn < (row.turns?.(scale) ?? 1); turn++) {
        const order = (round + turn) % 2 === 1 ? subjects : subjects.toReversed()
        for (const subject of order) {
          const tally = tallyOf(row, subject)
          const said = await measureOnce(row, subject, tally, kept, { payloads, scale, turn })
          plan.progress(`round ${round}/${rounds} ${row.name} ${subject.name}: ${said}`)
        }
      }
    }
  }
  return rows.map((row) => {
    const disk = median((row.disk && disks.get(row.disk(scale))) ?? [])
    const reason = skipped.get(row.name)
    return {
      name: row.name,
      title: row.title(scale),
      unit: row.unit,
      better: row.better,
      ...(row.turns && { paired: true as const }),
      results: Object.fromEntries(subjects.map((subject) => [subject.name, resultOf(tallyOf(row, subject))])),
      ...(disk === undefined ? {} : { disk }),
      ...(reason === undefined ? {} : { skipped: reason }),
    }
  })
}

async function obstacleOf(row: Row, scale: Scale): Promise<string | null> {
  const absent = row.needs.find((command) => which(command) === undefined)
  if (absent !== undefined) return `${absent} is not installed`
  using data = temporaryFolder()
  return row.space ? await lacksSpace(data.path, row.space(scale)) : null
}

/** Once a round for each size. */
async function measureDisk(
  size: number | undefined,
  round: number,
  disks: Map<number, number[]>,
  payloads: Payloads,
): Promise<void> {
  if (size === undefined) return
  const rates = disks.get(size) ?? []
  if (rates.length === round) return
  using data = temporaryFolder()
  disks.set(size, [...rates, (await diskRate(data.path, await payloads.fresh(size))) / MIB])
}

/** A fresh process. A failure counts for this round only. */
async function measureOnce(
  row: Row,
  subject: Subject,
  tally: Tally,
  kept: Kept,
  rest: Pick<Bench, 'payloads' | 'scale' | 'turn'>,
): Promise<string> {
  try {
    await using filled = await kept.folderFor(row, subject, rest)
    await using server = await subject.start(filled.path)
    const { prepared } = filled
    const figure = await row.measure({ server, repository: repositoryOf(row, server), prepared, ...rest })
    const peak = await server.peak()
    tally.figures.push(figure)
    if (peak !== null) tally.peaks.push(peak / MIB)
    return `${figure.toFixed(1)} ${row.unit}, ${peak === null ? '?' : Math.round(peak / MIB)} MiB`
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    tally.errors.push(message)
    return `failed: ${message}`
  }
}

function resultOf({ figures, peaks, errors }: Tally): Result {
  const figure = median(figures)
  const peak = median(peaks)
  return {
    figures,
    errors,
    ...(figure === undefined ? {} : { figure }),
    ...(peak === undefined ? {} : { peak }),
  }
}
