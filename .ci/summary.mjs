// Reads the results of vitest, names what was skipped and what failed, and ends with a line of three numbers.
// Exit status: 0 only if something passed, nothing failed and the test command itself ended well.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

const [path, status] = process.argv.slice(2)
const tests = { passed: [], failed: [], skipped: [] }
const flaky = []
const kinds = { passed: 'passed', failed: 'failed' }

console.log()
for (const file of read()) {
  const name = relative(process.cwd(), file.name)
  for (const test of file.assertionResults) {
    const title = `${name}: ${[...test.ancestorTitles, test.title].join(' > ')}`
    tests[kinds[test.status] ?? 'skipped'].push(title)
    if (test.status === 'passed' && test.failureMessages.length > 0)
      flaky.push(`${title}\n  ${test.failureMessages[0]}`)
  }
  // A file that does not load, or whose preparation fails, has no failed test.
  const failed = file.assertionResults.some((test) => test.status === 'failed')
  if (file.status === 'failed' && !failed) tests.failed.push(`${name}: ${file.message || 'the file itself'}`)
}

for (const title of flaky) console.log(`passed only when tried again: ${title}`)
for (const kind of ['skipped', 'failed']) {
  for (const name of tests[kind]) console.log(`${kind}: ${name}`)
}
if (status !== '0') console.log(`the test command ended with status ${status}`)
const { passed, failed, skipped } = tests
process.exitCode = status === '0' && passed.length > 0 && failed.length === 0 ? 0 : 1
console.log(`${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped`)

function read() {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).testResults
  } catch {
    console.log('the tests did not run to their end')
    return []
  }
}
