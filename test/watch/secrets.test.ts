/** All rows of the specification with known secrets, and then a search for these in all that was told to anybody. */

import { expect, test } from 'vitest'
import { tokenService } from '../../src/auth/tokens/index.ts'
import { events } from '../../src/compose/index.ts'
import { inspector, memory, metrics, ocikit, tokenBucket, users, webhooks } from '../../src/index.ts'
import { withBasic, withTokens } from '../auth/runtimes/client.ts'
import { basic, pushIndex, send } from '../server/http.ts'
import { allRows } from '../spec/index.ts'
import { runRow } from '../spec/run.ts'
import type { Row } from '../spec/target.ts'
import { recordingLogger } from './recording.ts'

const PASSWORD = 'secret'
const WEBHOOK_SECRET = 'the-secret-of-a-webhook-0123456789'
/** A URL may be a secret, too: chat services give such ones. */
const WEBHOOK = 'http://127.0.0.1:9/hooks/T0123/a-capability-in-a-path'
const TYPES = ['manifest', 'tag', 'referrer', 'blob', 'mount', 'delete', 'pull'] as const
const TRACED = 'x-oci-conformance-test'

/** All of them with tokens; a part with a password, which shows in the same places. */
function rowsFor(scheme: string): Row[] {
  return allRows.filter(({ needs }, at) => needs !== 'strict' && (scheme === 'Bearer' || at % 4 === 0))
}

/** Long texts in what is kept below a prefix: keys, and what they are made of. */
async function keysIn(storage: ReturnType<typeof memory>, prefix: string): Promise<string[]> {
  const found: string[] = []
  for await (const { rec } of storage.records.list(prefix, { values: true })) {
    found.push(...(new TextDecoder().decode(rec!.value).match(/[\w+/-]{40,}/g) ?? []))
  }
  return found
}

test.each(['Basic', 'Bearer'])(
  'no log line, trace, event, request to a receiver, error or number shows a secret: %s',
  { timeout: 120_000 },
  async (scheme) => {
    const { logger, lines } = recordingLogger()
    const traces: string[] = []
    const answers: string[] = []
    const happened: string[] = []
    const sent: string[] = []
    const tokens = new Set<string>()
    const storage = memory()
    const login = users([{ name: 'ann', password: PASSWORD }])
    const authorize = (_: unknown, { subject }: { subject: unknown }) => (subject ? 'allow' : 'deny')
    const auth = { ...login, authorize } as never
    const kit = ocikit({
      storage,
      auth:
        scheme === 'Basic'
          ? auth
          : tokenService({ login, authorize: authorize as never, records: storage.records }),
      logger,
      metrics: metrics(),
      rateLimit: tokenBucket({ requests: 1e6 }),
      inspect: inspector({ to: (checkpoint) => traces.push(JSON.stringify(checkpoint)) }),
      events: events({
        before: (event) => void happened.push(JSON.stringify(event)),
        after: (event) => void happened.push(JSON.stringify(event)),
      }),
      webhooks: webhooks([{ url: WEBHOOK, secret: WEBHOOK_SECRET, types: TYPES }], {
        async fetch(_url, { headers, body }) {
          sent.push(JSON.stringify([headers, body]))
          // Some of them are sent again, and then no more: that is logged.
          return new Response(null, { status: sent.length % 5 === 0 ? 410 : 204 })
        },
      }),
      sparse: true,
    })
    const fetch = (scheme === 'Basic' ? withBasic : withTokens)(async (request) => {
      request.headers.set(TRACED, 'every row')
      const bearer = /^Bearer (.+)/.exec(request.headers.get('authorization') ?? '')?.[1]
      if (bearer) tokens.add(bearer)
      const response = await kit.fetch(request)
      if (response.status >= 400)
        answers.push(`${await response.clone().text()} ${JSON.stringify([...response.headers])}`)
      return response
    })
    const target = { url: 'http://registry.test', fetch, sparse: true, repo1: 'a/one', repo2: 'a/two' }
    let passed = 0
    for (const row of rowsFor(scheme)) {
      if ((await runRow(target, row)).outcome === 'pass') passed++
    }
    expect(passed).toBeGreaterThan(50)
    const wrong = basic('ann', 'a-wrong-password-of-ann')
    await send(kit, 'GET', '/v2/_catalog', { headers: { ...wrong, [TRACED]: 'wrong' } })
    await pushIndex(kit, 'a/one', 'told', { headers: basic('ann', PASSWORD) })
    await kit.webhooks.drain()
    expect(await kit.webhooks.undeliverable()).toBeGreaterThan(0)
    for await (const entry of kit.webhooks.list()) sent.push(JSON.stringify(entry))

    const pair = (password: string) => Buffer.from(`ann:${password}`).toString('base64')
    const secrets = [
      pair(PASSWORD),
      pair('a-wrong-password-of-ann'),
      'a-wrong-password-of-ann',
      WEBHOOK_SECRET,
      new URL(WEBHOOK).pathname,
      ...tokens,
      ...(await keysIn(storage, 'config/')),
    ]
    if (scheme === 'Bearer') expect(tokens.size).toBeGreaterThan(5)
    const numbers = (await send(kit, 'GET', '/metrics')).text
    const told = [...lines(), ...traces, ...answers, ...happened, ...sent, numbers].join('\n')
    expect(traces.length).toBeGreaterThan(500)
    for (const texts of [lines(), happened, sent]) expect(texts.length).toBeGreaterThan(100)
    for (const secret of secrets) expect(told.includes(secret), secret.slice(0, 8)).toBe(false)
    // The password is a word of its own in nothing but names of tests.
    expect(told.match(/(?<![\w/-])secret(?![\w/-])/g) ?? []).toEqual([])
    await kit.close()
  },
)
