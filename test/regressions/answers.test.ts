import { expect, test } from 'vitest'
import { testRegistry } from '../../src/testing/index.ts'
import { imageOf, indexOf, textOf } from '../../src/testing/registry/samples.ts'
import { scopeOf } from '../../src/testing/registry/scope.ts'

const TYPES = ['application/json', 'text/plain', 'application/octet-stream', '']

test('elixir A3.3: a manifest with a type that says nothing is taken by what it is', async () => {
  const { fetch, registry } = testRegistry()
  const { push } = scopeOf(registry, expect)
  const config = await push(await textOf('{}', 'application/vnd.oci.image.config.v1+json'), 'a')
  const image = await imageOf(config, [])
  for (const [i, type] of TYPES.entries()) {
    const headers = type === '' ? {} : { 'content-type': type }
    const put = await fetch(`/v2/a/manifests/t${i}`, {
      method: 'PUT',
      headers,
      body: image.bytes as BodyInit,
    })
    expect([type, put.status]).toEqual([type, 201])
    const got = await fetch(`/v2/a/manifests/t${i}`)
    expect(got.headers.get('content-type')).toBe(image.mediaType)
  }
})

test('elixir A3.4: HEAD says all that GET says', async () => {
  const { fetch, registry } = testRegistry()
  const { push, pushIndex } = scopeOf(registry, expect)
  const blob = await push(await textOf('a blob'), 'a')
  const index = await pushIndex(['latest'], {}, 'a')
  for (const path of [`blobs/${blob.digest}`, 'manifests/latest', `manifests/${index.digest}`, 'tags/list']) {
    const [get, head] = [await fetch(`/v2/a/${path}`), await fetch(`/v2/a/${path}`, { method: 'HEAD' })]
    expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(get.headers))
    expect(head.headers.has('content-length')).toBe(true)
    expect(await head.text()).toBe('')
  }
})

test('elixir A3.17: odd requests are errors of the client, in JSON', async () => {
  const { fetch } = testRegistry()
  const requests = [
    'GET /v2/_unknown',
    'GET /v2/a/tags/list?n=abc',
    'GET /v2/a/tags/list?n=-1',
    'PUT /v2/a/manifests/t',
    'GET /v2/a/referrers/x',
    'PUT /v2/a/tags/list',
    'GET /v2//a/tags/list',
    'POST /v2/a/blobs/uploads/?digest=%00',
    'GET /v2/%',
  ]
  for (const each of requests) {
    const [method, path] = each.split(' ') as [string, string]
    const response = await fetch(path, { method })
    expect([each, response.status >= 400 && response.status < 500]).toEqual([each, true])
    expect([each, (await response.json()).errors.length]).toEqual([each, 1])
    expect(response.headers.get('content-type')).toBe('application/json')
  }
})

test('serverless 3.5a: a blob is octets that nobody may compress, with a validator and ranges', async () => {
  const { fetch, registry } = testRegistry()
  const it = await scopeOf(registry, expect).push(await textOf('compressible '.repeat(1000)), 'a')
  const { headers } = await fetch(`/v2/a/blobs/${it.digest}`, { headers: { 'accept-encoding': 'gzip, br' } })
  expect(headers.get('content-type')).toBe('application/octet-stream')
  expect(headers.get('cache-control')).toContain('no-transform')
  expect(headers.get('content-length')).toBe(String(it.bytes.length))
  expect([headers.get('content-encoding'), headers.get('accept-ranges'), headers.get('etag')]).toEqual([
    null,
    'bytes',
    `"${it.digest}"`,
  ])
  const again = await fetch(`/v2/a/blobs/${it.digest}`, { headers: { 'if-none-match': `"${it.digest}"` } })
  expect(again.status).toBe(304)
})

test('elixir A3.12b: longest manifest, chunk and blob are limits that hold', async () => {
  const { fetch } = testRegistry({ maxManifestSize: 10, maxChunkSize: 10, maxBlobSize: 15 })
  const send = async (method: string, path: string, length: number) => {
    const headers = { 'content-length': String(length) }
    return fetch(path, { method, headers, body: 'x'.repeat(length) })
  }
  const tooLong = await send('PUT', '/v2/a/manifests/latest', 11)
  expect([tooLong.status, (await tooLong.json()).errors[0].code]).toEqual([413, 'SIZE_INVALID'])
  const { headers } = await fetch('/v2/a/blobs/uploads/', { method: 'POST' })
  expect((await send('PATCH', headers.get('location')!, 11)).status).toBe(413)
  const first = await send('PATCH', headers.get('location')!, 10)
  expect(first.status).toBe(202)
  expect((await send('PATCH', first.headers.get('location')!, 6)).status).toBe(413)
  expect((await send('PATCH', first.headers.get('location')!, 5)).status).toBe(202)
})

test('elixir A3.12f: warnings are told with every answer', async () => {
  const { fetch } = testRegistry({ warnings: ['read-only "soon"'] })
  for (const path of ['/v2/', '/v2/a/tags/list'])
    expect((await fetch(path)).headers.get('warning')).toBe('299 - "read-only \\"soon\\""')
})

test('rust B3.7a: an index of an index of nothing has its own type', async () => {
  const { fetch, registry } = testRegistry()
  const { put } = scopeOf(registry, expect)
  const inner = await indexOf([])
  const outer = await indexOf([inner])
  await put(inner, [], 'a')
  await put(outer, ['latest'], 'a')
  expect((await fetch('/v2/a/manifests/latest')).headers.get('content-type')).toBe(outer.mediaType)
})

test('docker 2.1: errors of every kind keep their code on every route', async () => {
  const { defineRegistry, RegistryError } = await import('../../src/index.ts')
  const { REGISTRY_METHODS } = await import('../../src/registry.ts')
  const unknown = (await textOf('x')).digest
  for (const [code, status] of [
    ['DENIED', 403],
    ['UNAUTHORIZED', 401],
    ['TOOMANYREQUESTS', 429],
    ['UNSUPPORTED', 405],
  ] as const) {
    const fail = () => {
      throw new RegistryError(code, 'not now')
    }
    const { fetch } = testRegistry({
      registry: defineRegistry(Object.fromEntries(REGISTRY_METHODS.map((name) => [name, fail]))),
    })
    const requests = [
      `GET /v2/a/blobs/${unknown}`,
      `DELETE /v2/a/blobs/${unknown}`,
      'GET /v2/a/manifests/latest',
      'DELETE /v2/a/manifests/latest',
      `DELETE /v2/a/manifests/${unknown}`,
      'PUT /v2/a/manifests/latest',
      'POST /v2/a/blobs/uploads/',
      `POST /v2/a/blobs/uploads/?digest=${unknown}`,
      'GET /v2/a/tags/list',
      'GET /v2/_catalog',
      `GET /v2/a/referrers/${unknown}`,
    ]
    for (const each of requests) {
      const [method, path] = each.split(' ') as [string, string]
      const response = await fetch(path, { method })
      expect([each, response.status, (await response.json()).errors[0].code]).toEqual([each, status, code])
    }
  }
})
