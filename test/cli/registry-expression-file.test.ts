/** A registry in a configuration file: how a mistake is told, and what the page and the published schema say. */

import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../adapters/cli/server/config.ts'
import { KINDS } from '../../adapters/cli/server/registry-expression/kinds.ts'
import { scopeOf } from '../../src/testing/registry/scope.ts'
import { marked, tableOf } from '../docs/markdown.ts'
import { run } from './run.ts'
import { configurations } from './serving.ts'

const { file, withServed } = configurations()
const MEMORY = { kind: 'memory' }

describe('a mistake is one line that names its place, and exit code 2', () => {
  const deep = (inner: object) => ({
    kind: 'unify',
    registries: [MEMORY, { kind: 'readOnly', registry: inner }],
  })
  test.each<[string, unknown]>([
    ['registry: must be an object', 'memory'],
    ['registry: must be an object', []],
    ['registry.kind: is missing', {}],
    ['registry.kind: must be one of memory, fs, s3', { kind: 'mem' }],
    ['registry.registries[1].registry.kind: must be one of', deep({ kind: '__proto__' })],
    ['registry.registries[1].registry: must be an object', deep([])],
    ['registry.registry: is missing', { kind: 'readOnly' }],
    ['registry.folder: is missing', { kind: 'fs' }],
    ['registry.registries[1].registry.folder: must not be empty', deep({ kind: 'fs', folder: '' })],
    ['registry.host: is unknown here', { kind: 'client', url: 'a.example', host: 'pa55word' }],
    ['registry.url: must be a host', { kind: 'client', url: 'https://ann:pa55word@a.example' }],
    [
      'registry.credentials: must be "docker" or an object',
      { kind: 'client', url: 'a.example', credentials: 'x' },
    ],
    ['registry.chunkSize: must be a size', { kind: 'client', url: 'a.example', chunkSize: 'big' }],
    ['registry.include: must', { kind: 'select', registry: MEMORY, include: 'A B' }],
    ['registry.prefix: must be the name', { kind: 'sub', registry: MEMORY, prefix: '../x' }],
    ['registry.read: must be inTurn or atOnce', { kind: 'unify', registries: [MEMORY], read: 'both' }],
    ['registry.registries: must hold a registry', { kind: 'unify', registries: [] }],
    ['registry: must have exactly one of hosts and routes', { kind: 'route' }],
    ['registry.hosts.a/b: must be the first part', { kind: 'route', hosts: { 'a/b': MEMORY } }],
    ['registry.routes[0].repositories: is missing', { kind: 'route', routes: [{ registry: MEMORY }] }],
    ['registry.policy: is missing', { kind: 'checkAccess', registry: MEMORY }],
    [
      'registry.policy.rules[0].who: is missing',
      { kind: 'checkAccess', registry: MEMORY, policy: { rules: [{ allow: 'read' }] } },
    ],
    // What only shows when it is opened.
    [
      'registry.registries[1].registry.credentials.password: the variable NOT_THERE is not set',
      deep({ kind: 'client', url: 'a.example', credentials: { password: { env: 'NOT_THERE' } } }),
    ],
    [
      'registry.credentials.password: there is no file',
      { kind: 'client', url: 'a.example', credentials: { password: { file: 'nowhere' } } },
    ],
    ['registry: a bucket needs credentials (set AWS_ACCESS_KEY_ID', { kind: 's3', bucket: 'images' }],
    ['registry.registries[1].registry: a key-value store needs Deno', deep({ kind: 'kv' })],
    ['registry: --quota must be as in', { kind: 'memory', quotas: ['much'] }],
    ['registry: --retention', { kind: 'memory', retention: 'nowhere.json' }],
    [
      'registry.registries[1]: ',
      {
        kind: 'unify',
        registries: [
          { kind: 'fs', folder: 'one' },
          { kind: 'fs', folder: 'one' },
        ],
      },
    ],
  ])('%s', async (message, registry) => {
    const path = await file('wrong.json', { registry })
    const { code, stdout, stderr } = await run(['serve', '--port', '0', '--config', path])
    expect(stderr).toMatch(/^ocikit: [^\n]+\n$/)
    expect(stderr).toContain(`--config ${path}: ${message}`)
    expect(stderr).not.toContain('pa55word')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  test('a password in the file itself is refused', async () => {
    const credentials = { username: 'ann', password: 'pa55word' }
    const path = await file('clear.json', { registry: { kind: 'client', url: 'a.example', credentials } })
    const { code, stderr } = await run(['serve', '--config', path])
    expect(stderr).toContain('registry.credentials')
    expect(stderr).not.toContain('pa55word')
    expect(code).toBe(2)
  })

  test.each([
    [['--data', 'x'], {}, '--data'],
    [['--memory'], {}, '--memory'],
    [[], { OCIKIT_DATA: 'x' }, '--data'],
    [['--quota', 'a=1G'], {}, '--quota'],
    [['--sparse'], {}, '--sparse'],
  ] as const)('%j %j: one storage for all beside it', async (flags, env, named) => {
    const path = await file('beside.json', { registry: MEMORY })
    const { code, stderr } = await run(['serve', '--config', path, ...flags], env)
    expect(stderr).toContain(`${named} and the registry of --config ${path} exclude each other`)
    expect(code).toBe(2)
  })

  test('what was opened before the mistake is closed again', async () => {
    const registries = [
      { kind: 'fs', folder: 'closed-again' },
      { kind: 'client', url: 'a.example', credentials: { password: { env: 'NOT_THERE' } } },
    ]
    const path = await file('half.json', { registry: { kind: 'unify', registries } })
    expect((await run(['serve', '--port', '0', '--config', path])).code).toBe(2)
    await withServed({ kind: 'fs', folder: 'closed-again' }, async (client) => client.ping())
  })
})

describe('the page', () => {
  test('its example is served, and keeps what is pushed', async () => {
    const { registry } = JSON.parse(marked('registry').code) as { registry: object }
    await withServed(
      registry,
      async (client) => {
        const scope = scopeOf(client, expect)
        await scope.expectManifest('v1', await scope.pushIndex(['v1'], {}, 'a'), 'a')
      },
      { env: { GHCR_TOKEN: 'x' } },
    )
  })

  test('its table has every kind with its fields', async () => {
    const rows = tableOf('| kind | fields | |').flatMap(([kinds = '', fields = '']) =>
      kinds.split(', ').map((kind): [string, string[]] => [kind, fields.split(/, | or /).filter(Boolean)]),
    )
    expect(rows.map(([kind]) => kind)).toEqual(Object.keys(KINDS))
    const { $defs } = await publishedSchema()
    const common = ['kind', 'sparse', 'quotas', 'retention']
    for (const [kind, fields] of rows) {
      const known = Object.keys($defs[`registry-${kind}`]!.properties ?? {})
      expect(fields, kind).toEqual(known.filter((field) => !common.includes(field)))
    }
  })
})

interface Schema {
  $defs: Record<
    string,
    { properties?: Record<string, object>; oneOf?: { $ref: string }[]; required?: string[] }
  >
}

function complaintOf(path: string): string {
  try {
    readConfig(path)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

async function publishedSchema(): Promise<Schema> {
  const url = new URL('../../adapters/cli/config.schema.json', import.meta.url)
  return JSON.parse(await readFile(url, 'utf8')) as Schema
}

test('the published schema has every kind with its fields', async () => {
  const { $defs } = await publishedSchema()
  const named = $defs['registry']!.oneOf!.map(({ $ref }) => $ref.replace('#/$defs/registry-', ''))
  expect(named).toEqual(Object.keys(KINDS))
  for (const kind of named) {
    const { properties = {}, required = [] } = $defs[`registry-${kind}`]!
    expect(properties['kind']).toEqual({ const: kind })
    for (const field of [...Object.keys(properties), 'other']) {
      const path = await file('probe.json', { registry: { kind, [field]: field === 'kind' ? kind : null } })
      const stderr = complaintOf(path)
      // What is missing is told before what is unknown.
      const missing = required.find((each) => each !== 'kind' && each !== field)
      if (missing !== undefined) expect(stderr, `${kind} ${field}`).toMatch(/: is missing|: must /)
      else if (field === 'other') expect(stderr, kind).toContain('registry.other: is unknown here')
      else expect(stderr, `${kind} ${field}`).not.toContain('is unknown here')
    }
  }
})
