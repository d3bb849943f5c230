import { describe, expect, test } from 'vitest'
import {
  createStore,
  type LogFields,
  memory,
  type OcikitOptions,
  ocikit,
  open,
  passThrough,
  users,
} from '../../src/index.ts'
import { basic, digestOf, INDEX, LOREM, pushBlob, pushIndex, request, send } from './http.ts'

const make = (options: Partial<OcikitOptions> = {}) =>
  ocikit({ storage: memory(), auth: open(), ...options } as OcikitOptions)

/** Serves a store whose tags give these warnings. */
function warning(texts: readonly string[], options: Partial<OcikitOptions> = {}) {
  const store = createStore({ storage: memory() })
  const registry = passThrough(store, {
    tags: (repo, call = {}) => {
      for (const text of texts) call.context?.warn(text)
      return store.tags(repo, call)
    },
  })
  return ocikit({ registry, auth: open(), ...options })
}

describe('Warning headers (distribution-spec, "Warnings")', () => {
  const warnings = async (kit: ReturnType<typeof ocikit>, path = '/v2/a/tags/list') =>
    (await send(kit, 'GET', path)).headers.get('warning')

  test('code 299, no agent, quotes and backslashes escaped; also on errors', async () => {
    expect(await warnings(warning(['say "no" to \\']))).toBe('299 - "say \\"no\\" to \\\\"')
  })

  test('none without a warning, and each request has its own', async () => {
    const kit = warning(['once'])
    expect(await warnings(kit)).toBe('299 - "once"')
    expect(await warnings(kit, '/v2/')).toBeNull()
  })

  test('those of the options come first, on every answer', async () => {
    const kit = warning(['later'], { warnings: ['always'] })
    expect(await warnings(kit)).toBe('299 - "always", 299 - "later"')
    for (const path of ['/v2/', '/v2/nothing', '/v2/A/tags/list'])
      expect(await warnings(kit, path)).toBe('299 - "always"')
  })

  test('what no header can hold becomes blank: no line can be injected', async () => {
    expect(await warnings(warning(['a\r\nset-cookie: b\u0000\u007fc€']))).toBe('299 - "a  set-cookie: b  c "')
  })

  test('all together are at most 4096 bytes; what does not fit is left out whole', async () => {
    const header = await warnings(warning(Array.from({ length: 100 }, () => 'x'.repeat(90))))
    expect(header!.length).toBeLessThanOrEqual(4096 + 2 * 100)
    const values = header!.split(', ')
    expect(values.join('').length).toBeLessThanOrEqual(4096)
    expect(values.length).toBeGreaterThan(30)
    expect(new Set(values)).toEqual(new Set([`299 - "${'x'.repeat(90)}"`]))
    expect(await warnings(warning(['x'.repeat(5000)]))).toBeNull()
  })
})

describe('the log', () => {
  const lines: { message: string; fields: LogFields }[] = []
  const add = (message: string, fields: LogFields = {}) => void lines.push({ message, fields })
  const logger = { debug: add, info: add, warn: add, error: add }
  const auth = users([{ name: 'ann', password: 's3cr3t-password' }])
  const kit = make({ auth, logger })
  const headers = { ...basic('ann', 's3cr3t-password'), 'user-agent': 'test/1' }

  test('one line for each request, with its fields', async () => {
    await pushBlob(kit, 'a', LOREM, { headers })
    lines.splice(0)
    await send(kit, 'GET', `/v2/a/blobs/${digestOf(LOREM)}?ns=x`, { headers })
    const fields = {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      method: 'GET',
      path: `/v2/a/blobs/${digestOf(LOREM)}?ns=x`,
      status: 200,
      bytes: LOREM.length,
      ms: expect.any(Number),
      subject: 'ann',
      agent: 'test/1',
    }
    expect(lines).toEqual([{ message: 'request', fields }])
  })

  test('HEAD has no bytes, an anonymous caller and an unnamed agent are a dash', async () => {
    lines.splice(0)
    await send(kit, 'HEAD', `/v2/a/blobs/${digestOf(LOREM)}`, { headers })
    await send(kit, 'GET', '/v2/')
    const requests = lines.filter(({ message }) => message === 'request')
    expect(requests.map(({ fields }) => [fields['bytes'], fields['subject'], fields['agent']])).toEqual([
      [0, 'ann', 'test/1'],
      [expect.any(Number), '-', '-'],
    ])
  })

  test('a refused request has a debug line, which says why', async () => {
    lines.splice(0)
    await send(kit, 'GET', '/v2/a/manifests/none', { headers })
    const why = expect.stringContaining('manifest')
    expect(lines[0]).toEqual({
      message: 'refused',
      fields: { id: lines[1]?.fields['id'], status: 404, code: 'MANIFEST_UNKNOWN', why },
    })
    expect(lines.map(({ message }) => message)).toEqual(['refused', 'request'])
  })

  test('never a password or a header with one', async () => {
    const wrong = { authorization: `Basic ${btoa('ann:another-s3cr3t')}` }
    for (const sent of [headers, wrong, { authorization: 'Bearer s3cr3t-token' }])
      for (const path of ['/v2/', '/v2/a/tags/list', '/v2/A', '/v2/a/manifests/x'])
        await send(kit, 'PUT', path, { headers: sent, body: 'x' })
    const text = JSON.stringify(lines)
    for (const secret of [
      's3cr3t',
      basic('ann', 's3cr3t-password')['authorization']!,
      btoa('ann:another-s3cr3t'),
    ])
      expect(text).not.toContain(secret)
    expect(text.toLowerCase()).not.toContain('authorization')
  })
})

describe('conditions come in the order of RFC 9110 section 13.2.2', () => {
  test('what has not changed is 304, whatever Range asks for', async () => {
    const kit = make()
    const { location, digest } = await pushBlob(kit, 'a', LOREM)
    for (const range of ['bytes=0-3', 'bytes=9999-']) {
      const headers = { 'if-none-match': `"${digest}"`, range }
      expect([(await send(kit, 'GET', location, { headers })).status, range]).toEqual([304, range])
    }
  })
})

describe('work that outlives the answer', () => {
  function deferring(log: string[]) {
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const store = createStore({ storage: memory() })
    const registry = passThrough(store, {
      deleteTag: async (_repo, tag, { context } = {}) => {
        context?.defer(gate.then(() => void log.push(`${tag} done`)))
        if (tag === 'fails') context?.defer(Promise.reject(new Error('deferred')))
      },
    })
    return { registry, release }
  }

  test('without a host it is awaited by close(); what fails is logged and harms nobody', async () => {
    const log: string[] = []
    const { registry, release } = deferring(log)
    const line = (message: string) => void log.push(message)
    const logger = { debug() {}, info() {}, warn() {}, error: line }
    const kit = ocikit({ registry, auth: open(), logger })
    expect((await send(kit, 'DELETE', '/v2/a/manifests/fails')).status).toBe(202)
    const closed = kit.close().then(() => log.push('closed'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(log).toEqual(['deferred work failed'])
    release()
    await closed
    expect(log).toEqual(['deferred work failed', 'fails done', 'closed'])
  })

  test('with a host it is the host’s, and close() does not wait', async () => {
    const log: string[] = []
    const { registry, release } = deferring(log)
    const kit = ocikit({ registry, auth: open() })
    const waiting: Promise<unknown>[] = []
    const host = { waitUntil: (work: Promise<unknown>) => void waiting.push(work) }
    await kit.fetch(request('DELETE', '/v2/a/manifests/x'), undefined, host)
    await kit.close()
    expect([waiting.length, log]).toEqual([1, []])
    release()
    await Promise.all(waiting)
    expect(log).toEqual(['x done'])
  })

  test('close() lets go of the storage', async () => {
    let closed = 0
    const storage = { ...memory(), close: async () => void closed++ }
    await ocikit({ storage, auth: open() }).close()
    expect(closed).toBe(1)
  })
})

test('the type of a manifest comes back as it was pushed, with its length, for GET and HEAD', async () => {
  const kit = make()
  await pushIndex(kit, 'a', 'x')
  for (const method of ['GET', 'HEAD']) {
    const { headers } = await send(kit, method, '/v2/a/manifests/x')
    expect(headers.get('content-type')).toBe(INDEX)
    expect(Number(headers.get('content-length'))).toBeGreaterThan(50)
  }
})
