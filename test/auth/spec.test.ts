/**
 * The rows of the specification with credentials, under Basic and under Bearer with the token service: all of them on
 * Node, and on the other runtimes those in which a request can be refused for what another one did.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Running } from '../runtimes/table.ts'
import { houseRules } from '../spec/house.ts'
import { allRows } from '../spec/index.ts'
import { rows as basics } from '../spec/rows/basics.ts'
import { rows as catalog } from '../spec/rows/catalog.ts'
import { rows as isolation } from '../spec/rows/isolation.ts'
import { rows as mount } from '../spec/rows/mount.ts'
import { rows as sessions } from '../spec/rows/sessions.ts'
import { runRow } from '../spec/run.ts'
import { withBasic, withTokens } from './runtimes/client.ts'
import { RUNTIMES } from './runtimes/start.ts'

/** Where there are uploads, mounts, lists and several repositories. */
const TOUCHING = [...basics, ...mount, ...sessions, ...isolation, ...catalog]

const SCHEMES = { Basic: withBasic, Bearer: withTokens }

describe.each(Object.entries(RUNTIMES))('on %s', (name, { start, send }) => {
  const rows = name === 'Node' ? allRows : TOUCHING
  describe.each(['Basic', 'Bearer'] as const)('under %s', (scheme) => {
    let running: Running
    let fetch: (request: Request) => Promise<Response>
    beforeAll(async () => {
      running = await start(scheme)
      fetch = SCHEMES[scheme](send)
    })
    afterAll(() => running?.close())

    for (const row of rows.filter(({ needs }) => needs !== 'strict'))
      test(row.name, async () => {
        const target = houseRules({
          url: running.url,
          fetch,
          sparse: true,
          repo1: 'conformance/repo1',
          repo2: 'conformance/repo2',
        })
        expect(await runRow(target, row)).toEqual({ row, ...expectedOf(row.name, scheme) })
      })
  })
})

/** The one skip, by name: a mount from anywhere, while the token is for one repository and reads in no other. */
function expectedOf(row: string, scheme: string): object {
  const isSkipped = scheme === 'Bearer' && / blobs\/mount anonymous$/.test(row)
  return isSkipped
    ? { outcome: 'skip', reason: 'not mounted: 202 and an upload session instead' }
    : { outcome: 'pass' }
}
