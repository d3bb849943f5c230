/**
 * Measures Ocikit beside other registries, or beside an earlier state of itself.
 * @module
 */

import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { CLIENT_ROWS, type ClientPlan, DOWNLOADS, measureCopies, measureDownloads } from './client.ts'
import { compareWith } from './compare.ts'
import { describeMachine } from './machine.ts'
import { measureAll } from './measure.ts'
import { MOVERS } from './movers.ts'
import { type BenchOptions, readOptions } from './options.ts'
import { OWN } from './own.ts'
import { installCommand, PEERS } from './peers.ts'
import type { Report } from './report.ts'
import type { Row } from './row.ts'
import { checkNames, chosen, ROWS, RUNTIME_ROWS } from './rows/index.ts'
import { which } from './run.ts'
import { GROUPS } from './runtimes.ts'
import { FULL, type Scale, SMOKE } from './scale.ts'
import { commandOf, lasting, ocikitOf, ROOT, type Subject } from './subject.ts'
import { asMarkdown, asText } from './table.ts'

type Absent = Report['absent'][number]
/** By what is compared. */
type Reports = Readonly<Record<string, Report>>

const say = (text: string) => void process.stderr.write(`${text}\n`)

const scaleOf = ({ smoke }: BenchOptions): Scale => (smoke ? SMOKE : FULL)

const said = (error: unknown) => (error instanceof Error ? error.message : String(error))

try {
  const options = readOptions(process.argv.slice(2))
  const { runtimes, client } = options
  const reports = await (runtimes ? benchRuntimes : client ? benchClient : benchRegistries)(options)
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(reports, null, 2)}\n`)
} catch (error) {
  say(`bench: ${said(error)}`)
  process.exitCode = 1
}

/** Two versions, or everything that Ocikit is compared with: the peers, and itself in other circumstances. */
async function benchRegistries(options: BenchOptions): Promise<Reports> {
  if (options.ref !== undefined) {
    checkNames(ROWS, options.rows)
    const rows = await prepared(ROWS, options)
    return { compare: await bench(options, rows, await compareWith(options.ref, !options.smoke), []) }
  }
  const own = Object.entries(OWN)
  checkNames([...ROWS, ...own.flatMap(([, { rows }]) => rows)], options.rows)
  const reports: Record<string, Report> = {}
  const rows = await prepared(ROWS, options)
  if (rows.length > 0) {
    await using servers = new AsyncDisposableStack()
    const absent: Absent[] = []
    const subjects = startedOften(options, await subjectsOf(options, absent), servers)
    reports['registries'] = await bench(options, rows, subjects, absent)
  }
  for (const [name, { rows, find }] of own) {
    const wanted = await prepared(rows, options)
    if (wanted.length === 0) continue
    console.log(`\n${name}`)
    const command = await commandOf(ROOT, !options.smoke)
    await using group = find(command, scaleOf(options))
    const absent: Absent[] = []
    reports[name] = await bench(options, wanted, await found(group.subjects, absent), absent, group.against)
  }
  return reports
}

/** A report for each storage that can be had. */
async function benchRuntimes(options: BenchOptions): Promise<Reports> {
  checkNames(RUNTIME_ROWS, options.rows)
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
      const subjects = startedOften(options, await found(group.subjects, absent), servers)
      if (subjects.length === 0) throw new Error(absent.map(({ reason }) => reason).join(', '))
      reports[storage] = await bench(options, rows, subjects, absent, group.against)
    } catch (error) {
      console.log(`skipped: ${said(error)}`)
    }
  }
  return reports
}

/** The command as a client. Both reports are of whole processes. */
async function benchClient(options: BenchOptions): Promise<Reports> {
  const { smoke, rounds, rows } = options
  const wrong = rows.find((name) => !CLIENT_ROWS.some((row) => row === name))
  if (wrong !== undefined) throw new Error(`there is no row ${wrong}: ${CLIENT_ROWS.join(', ')}`)
  const isWanted = (name: (typeof CLIENT_ROWS)[number]) => rows.length === 0 || rows.includes(name)
  const bin = await commandOf(ROOT, !smoke)
  const registry = smoke ? await ocikitOf(ROOT, 'ocikit', '', false) : await PEERS['docker-registry']!(true)
  const plan: ClientPlan = { rounds, scale: scaleOf(options), registry, progress: say }
  const absent: Absent[] = []
  const { version } = JSON.parse(await readFile(`${ROOT}/package.json`, 'utf8')) as { version: string }
  const wanted = Object.entries(MOVERS).map(([name, find]) => [name, () => find(bin, version)] as const)
  const movers = await found(Object.fromEntries(wanted), absent)
  const report = { machine: await describeMachine(tmpdir()), rounds, smoke, absent }
  const reports: Record<string, Report> = {}
  if (isWanted('copy'))
    reports['copy'] = show({ ...report, subjects: movers, rows: [await measureCopies(plan, movers)] })
  const ways = { subjects: DOWNLOADS.map((name) => ({ name, version })), against: DOWNLOADS[0] }
  if (isWanted('download'))
    reports['download'] = show({ ...report, ...ways, rows: [await measureDownloads(plan)] })
  return reports
}

/** To see whether everything works, each is started once. */
function startedOften(
  { smoke }: BenchOptions,
  subjects: readonly Subject[],
  servers: AsyncDisposableStack,
): readonly Subject[] {
  return smoke ? subjects.map((each) => servers.use(lasting(each))) : subjects
}

/** Measures, and prints what came out. */
async function bench(
  options: BenchOptions,
  rows: readonly Row[],
  subjects: readonly Subject[],
  absent: readonly Absent[],
  against?: string,
): Promise<Report> {
  const machine = await describeMachine(tmpdir())
  const { rounds, smoke } = options
  const report: Report = {
    machine,
    rounds,
    smoke,
    subjects: subjects.map(({ name, version }) => ({ name, version })),
    ...(against === undefined ? {} : { against }),
    absent,
    rows: await measureAll({ subjects, rows, rounds, scale: scaleOf(options), progress: say }),
  }
  return show(report)
}

function show(report: Report): Report {
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
async function found<T>(wanted: Readonly<Record<string, () => Promise<T>>>, absent: Absent[]): Promise<T[]> {
  const subjects: T[] = []
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
