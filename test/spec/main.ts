/** `npm run conformance -- [URL] [--sparse] [--user name:password] [--filter TEXT]` */

import { parseArgs } from 'node:util'
import { houseRules } from './house.ts'
import { allRows } from './index.ts'
import { runOfficial } from './official.ts'
import { startOwnServer } from './own-server.ts'
import { type Result, runRows } from './run.ts'
import { fits, type Row, type Target } from './target.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sparse: { type: 'boolean' }, user: { type: 'string' }, filter: { type: 'string' } },
})

const counts = { pass: 0, fail: 0, skip: 0 }
const [url] = positionals
const ran = url === undefined ? await testOurselves() : await test(targetOf(url, values.sparse ?? false))
const official = process.env['OCI_CONFORMANCE']
const officialPassed = official === undefined || url !== undefined || (await testOfficially(official))
if (ran === 0) console.log(`no row holds '${values.filter}'`)
console.log(`${counts.pass} passed, ${counts.fail} failed, ${counts.skip} skipped`)
process.exitCode = counts.fail > 0 || ran === 0 || !officialPassed ? 1 : 0

/** Our own server in both of its ways; each row is run once. */
async function testOurselves(): Promise<number> {
  let ran = 0
  for (const sparse of [true, false]) {
    const server = await startOwnServer({ sparse })
    try {
      const only = sparse ? allRows : allRows.filter((row) => row.needs === 'strict')
      ran += await test(houseRules(targetOf(server.url, sparse)), only)
    } finally {
      await server.stop()
    }
  }
  return ran
}

/** Open to everybody, under Basic, and under Bearer with the token service. */
async function testOfficially(program: string): Promise<boolean> {
  const login = ['--user', 'ann:secret']
  let all = true
  for (const flags of [[], login, [...login, '--token-service']]) {
    const server = await startOwnServer({ sparse: true, flags })
    try {
      const user = flags.length > 0 ? { name: 'ann', password: 'secret' } : undefined
      const { passed, summary } = await runOfficial(program, server.url, user)
      console.log(`${passed ? 'PASS' : 'FAIL'} ${[program, ...flags].join(' ')}\n${summary}`)
      all &&= passed
    } finally {
      await server.stop()
    }
  }
  return all
}

async function test(target: Target, rows: readonly Row[] = allRows): Promise<number> {
  const chosen = rows.filter((row) => fits(row, target) && row.name.includes(values.filter ?? ''))
  await runRows(target, chosen, report)
  return chosen.length
}

function report(result: Result): void {
  counts[result.outcome]++
  if (result.outcome !== 'pass')
    console.log(`${result.outcome.toUpperCase()} ${result.row.name}: ${result.reason}`)
}

function targetOf(url: string, sparse: boolean): Target {
  const authorization = values.user && `Basic ${Buffer.from(values.user).toString('base64')}`
  return {
    url,
    sparse,
    repo1: 'conformance/repo1',
    repo2: 'conformance/repo2',
    fetch(request) {
      if (authorization) request.headers.set('authorization', authorization)
      return fetch(request)
    },
  }
}
