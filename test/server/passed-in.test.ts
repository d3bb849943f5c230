/** What a caller without a compiler is told of an option that is not what it has to be. */

import { expect, test } from 'vitest'
import { mirrors } from '../../src/cache/index.ts'
import { createClient } from '../../src/client/index.ts'
import { events } from '../../src/compose/index.ts'
import {
  createStore,
  inspector,
  memory,
  metrics,
  type OcikitOptions,
  ocikit,
  open,
  retention,
  tokenBucket,
  users,
  webhooks,
} from '../../src/index.ts'

/** A handler of options that the compiler would refuse. */
const made = (options: object) =>
  ocikit({ storage: memory(), auth: open(), ...options } as unknown as OcikitOptions)

const upstreams = { 'ghcr.io': createClient('ghcr.io') }
const hook = { url: 'https://ci.test/images', secret: 'a secret of the tests, long enough' }

const wrong: readonly [what: string, options: object, told: string][] = [
  [
    'mirrors without mirrors()',
    { mirrors: { upstreams } },
    'mirrors must be made by mirrors({ upstreams }) of ocikit/cache',
  ],
  [
    'webhooks without webhooks()',
    { webhooks: [hook] },
    'webhooks must be made by webhooks([{ url, secret }])',
  ],
  [
    'events without events()',
    { events: { after() {} } },
    'events must be made by events({ after }) of ocikit/compose',
  ],
  ['metrics by true', { metrics: true }, 'metrics must be made by metrics()'],
  ['the function metrics', { metrics }, 'metrics must be made by metrics()'],
  ['inspect by its options', { inspect: { to() {} } }, 'inspect must be made by inspector({ to })'],
  ['a rate by number', { rateLimit: 100 }, 'rateLimit must be made by tokenBucket({ requests })'],
  ['rules without retention()', { retention: [{ tags: 'pr-*' }] }, 'write retention: retention([...])'],
  ['a list of users', { auth: [{ name: 'ann' }] }, 'auth must be made by users([...]), open()'],
  ['a path for a storage', { storage: './data' }, 'storage must be made by a driver, as in memory()'],
  ['a storage that is not waited for', { storage: Promise.resolve(memory()) }, 'or await fs('],
]

test.each(wrong)('%s', (_, options, told) => {
  expect(() => made(options)).toThrow(TypeError)
  expect(() => made(options)).toThrow(told)
})

test('a host for a registry', () => {
  const options = { registry: 'ghcr.io', auth: open() } as unknown as OcikitOptions
  expect(() => ocikit(options)).toThrow('registry must be made by createClient')
})

test('what is right is taken, and what is not there is not looked at', async () => {
  const registry = createStore({ storage: memory() })
  const kits = [
    made({ mirrors: mirrors({ upstreams }), webhooks: webhooks([hook]), retention: retention([]) }),
    made({ events: events({}), metrics: metrics(), inspect: inspector({ to() {} }) }),
    made({ rateLimit: tokenBucket({ requests: 10 }), auth: users([]), mirrors: undefined, webhooks: null }),
    made({ storage: async () => memory(), auth: () => open() }),
    ocikit({ registry, auth: open() }),
    ocikit({ registry: () => registry, auth: open() }),
  ]
  for (const kit of kits) {
    expect((await kit.fetch(new Request('http://localhost/v2/'), {})).status).toBeLessThan(402)
    await kit.close()
  }
})
