// Prints the table of runtime x storage: how many rows of the specification and tests of the suites each combination
// has passed, and what was skipped there and why. Tests tell where they belong by `testIn` of test/runtimes/in-cell.ts.
import { readFileSync } from 'node:fs'

const [path] = process.argv.slice(2)
const SUITES = ['specification', 'storage', 'registry']
const cells = new Map()

for (const { meta, status, title } of read()) {
  if (!meta?.cell) continue
  const { name, suite, reason } = meta.cell
  const cell = cells.get(name) ?? { counts: {}, skips: new Map() }
  cells.set(name, cell)
  // By their names: what runs twice counts once.
  cell.counts[suite] ??= new Map()
  const tests = cell.counts[suite]
  tests.set(title, status === 'passed' && tests.get(title) !== false)
  if (status !== 'passed' && status !== 'failed') note(cell.skips, reason ?? 'not run here', title)
}

print([
  ['runtime and storage', ...SUITES],
  ...[...cells].sort().map(([name, { counts }]) => [name, ...SUITES.map((suite) => figure(counts[suite]))]),
])
for (const [name, { skips }] of [...cells].sort()) {
  for (const [reason, titles] of skips) {
    console.log(`skipped, ${name}: ${reason}${titles.length > 20 ? ` (${titles.length} tests)` : ''}`)
    if (titles.length <= 20) for (const title of titles) console.log(`  ${title}`)
  }
}

function read() {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).testResults.flatMap((file) => file.assertionResults)
  } catch {
    // The tests did not run to their end, which the summary says.
    return []
  }
}

function note(skips, reason, title) {
  skips.set(reason, [...(skips.get(reason) ?? []), title.replace(` [skipped: ${reason}]`, '')])
}

function figure(tests) {
  return tests ? `${[...tests.values()].filter(Boolean).length} of ${tests.size}` : '-'
}

function print(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)))
  console.log()
  for (const row of rows)
    console.log(
      row
        .map((text, i) => text.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
}
