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
import type { Row } from './row.ts'
import { chosen, ROWS, RUNTIME_ROWS } from './rows/index.ts'
import { which } from './run.ts'
import { GROUPS } from './runtimes.ts'
import { FULL, SMOKE } from './scale.ts'
import { commandOf, lasting, ocikitOf, ROOT, type Subject } from './subject.ts'
import { asMarkdown, asText } from './table.ts'

type Absent = Report['absent'][number]

const say = (text: string) => void process.stderr.write(`${text}\n`)

const said = (error: unknown) => (error instanceof Error ? error.message : String(error))

try {
  const options = readOptions(process.argv.slice(2))
  const reports = await (options.runtimes ? benchRuntimes(options) : benchRegistries(options))
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(reports, null, 2)}\n`)
} catch (error) {
  say(`bench: ${said(error)}`)
  process.exitCode = 1
}

async function benchRegistries(options: BenchOptions): Promise<Report> {
  const rows = await prepared(ROWS, options)
  const absent: Absent[] = []
  const subjects =
    options.ref === undefined
      ? await subjectsOf(options, absent)
      : await compareWith(options.ref, !options.smoke)
  return bench(options, rows, subjects, absent)
}

/** A report for each storage that can be had. */
async function benchRuntimes(options: BenchOptions): Promise<Record<string, Report>> {
  const rows = await prepared(RUNTIME_ROWS, options)
  const install = !options.smoke
  const command = await commandOf(ROOT, install)
  const reports: Record<string, Report> = {}
  for (const storage of options.storages) {
    console.log(`\n${storage}`)
    try {
      const find = GROUPS[storage]
      if (!find) throw new Error(`unknown, there is ${Object.keys(GROUPS).join(', ')}`)
      await using group = await find({ install, command })
      await using servers = new AsyncDisposableStack()
      const absent: Absent[] = []
      const all = await found(group.subjects, absent)
      const subjects = options.smoke ? all.map((each) => servers.use(lasting(each))) : all
      if (subjects.length === 0) throw new Error(absent.map(({ reason }) => reason).join(', '))
      reports[storage] = await bench(options, rows, subjects, absent, group.against)
    } catch (error) {
      console.log(`skipped: ${said(error)}`)
    }
  }
  return reports
}

/** Measures, and prints what came out. */
async function bench(
  { rounds, smoke }: BenchOptions,
  rows: readonly Row[],
  subjects: readonly Subject[],
  absent: readonly Absent[],
  against?: string,
): Promise<Report> {
  const machine = await describeMachine(tmpdir())
  const scale = smoke ? SMOKE : FULL
  const report: Report = {
    machine,
    rounds,
    smoke,
    subjects: subjects.map(({ name, version }) => ({ name, version })),
    ...(against === undefined ? {} : { against }),
    absent,
    rows: await measureAll({ subjects, rows, rounds, scale, progress: say }),
  }
  console.log(`${asText(report)}\n\n${asMarkdown(report)}`)
  return report
}

async function subjectsOf({ peers, smoke }: BenchOptions, absent: Absent[]): Promise<Subject[]> {
  const { version } = JSON.parse(await readFile(`${ROOT}/package.json`, 'utf8')) as { version: string }
  const wanted = peers.map((name) => {
    const find = PEERS[name] ?? unknownPeer
    return [name, () => find(!smoke)] as const
  })
  return [
    await ocikitOf(ROOT, 'ocikit', version, !smoke),
    ...(await found(Object.fromEntries(wanted), absent)),
  ]
}

async function unknownPeer(): Promise<never> {
  throw new Error(`unknown, there is ${Object.keys(PEERS).join(', ')}`)
}

/** The subjects that can be had. */
async function found(
  wanted: Readonly<Record<string, () => Promise<Subject>>>,
  absent: Absent[],
): Promise<Subject[]> {
  const subjects: Subject[] = []
  for (const [name, find] of Object.entries(wanted)) {
    try {
      subjects.push(await find())
    } catch (error) {
      const reason = said(error)
      absent.push({ name, reason })
      say(`${name}: left out, ${reason}`)
    }
  }
  return subjects
}

/** The rows that were asked for, with the commands that they need. */
async function prepared(rows: readonly Row[], { rows: names, smoke }: BenchOptions): Promise<readonly Row[]> {
  const wanted = chosen(rows, names)
  if (!smoke) await prepareCommands(wanted.flatMap(({ needs }) => needs))
  return wanted
}

/** A command that cannot be had costs only the rows that need it. */
async function prepareCommands(needs: readonly string[]): Promise<void> {
  for (const command of new Set(needs)) {
    if (which(command) !== undefined) continue
    await installCommand(command).catch((error: Error) => say(error.message))
  }
}
