/**
 * Measures Ocikit beside other registries, or beside an earlier state of itself.
 * @module
 */

import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { compareWith } from './compare.ts'
import { describeMachine } from './machine.ts'
import { measureAll } from './measure.ts'
import { type BenchOptions, readOptions } from './options.ts'
import { installCommand, PEERS } from './peers.ts'
import type { Report } from './report.ts'
import { rowsOf } from './rows/index.ts'
import { which } from './run.ts'
import { FULL, SMOKE } from './scale.ts'
import { ocikitOf, ROOT, type Subject } from './subject.ts'
import { asMarkdown, asText } from './table.ts'

const say = (text: string) => void process.stderr.write(`${text}\n`)

const said = (error: unknown) => (error instanceof Error ? error.message : String(error))

try {
  await bench(readOptions(process.argv.slice(2)))
} catch (error) {
  say(`bench: ${said(error)}`)
  process.exitCode = 1
}

async function bench(options: BenchOptions): Promise<void> {
  const { smoke, rounds } = options
  const rows = rowsOf(options.rows)
  const absent: Report['absent'][number][] = []
  if (!smoke) await prepareCommands(rows.flatMap(({ needs }) => needs))
  const subjects =
    options.ref === undefined ? await subjectsOf(options, absent) : await compareWith(options.ref, !smoke)
  const machine = await describeMachine(tmpdir())
  const scale = smoke ? SMOKE : FULL
  const plan = { subjects, rows, rounds, scale, progress: say }
  const report: Report = {
    machine,
    rounds,
    smoke,
    subjects: subjects.map(({ name, version }) => ({ name, version })),
    absent,
    rows: await measureAll(plan),
  }
  console.log(`${asText(report)}\n\n${asMarkdown(report)}`)
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`)
}

async function subjectsOf(
  { peers, smoke }: BenchOptions,
  absent: { name: string; reason: string }[],
): Promise<Subject[]> {
  const { version } = JSON.parse(await readFile(`${ROOT}/package.json`, 'utf8')) as { version: string }
  const subjects = [await ocikitOf(ROOT, 'ocikit', version, !smoke)]
  for (const name of peers) {
    try {
      const find = PEERS[name]
      if (!find) throw new Error(`unknown, there is ${Object.keys(PEERS).join(', ')}`)
      subjects.push(await find(!smoke))
    } catch (error) {
      const reason = said(error)
      absent.push({ name, reason })
      say(`${name}: left out, ${reason}`)
    }
  }
  return subjects
}

/** A command that cannot be had costs only the rows that need it. */
async function prepareCommands(needs: readonly string[]): Promise<void> {
  for (const command of new Set(needs)) {
    if (which(command) !== undefined) continue
    await installCommand(command).catch((error: Error) => say(error.message))
  }
}
