import { expect, test } from 'vitest'
import { type RegistryError, users } from '../../src/index.ts'
import { testRegistry } from '../../src/testing/index.ts'

const formatError = (error: RegistryError) =>
  new Response(`sorry: ${error.code}`, { status: 418, headers: { 'content-type': 'text/plain' } })

test('formatError: it writes the body and the status of every error', async () => {
  const { fetch } = testRegistry({ formatError })
  for (const [path, code] of [
    ['/v2/a/manifests/latest', 'MANIFEST_UNKNOWN'],
    ['/v2/a/manifests/-bad', 'TAG_INVALID'],
    ['/v2/bad', 'NOT_FOUND'],
  ] as const) {
    const response = await fetch(path)
    expect([response.status, await response.text()]).toEqual([418, `sorry: ${code}`])
    expect(response.headers.get('content-type')).toBe('text/plain')
  }
})

test('formatError: HEAD has its status and no body', async () => {
  const response = await testRegistry({ formatError }).fetch('/v2/a/manifests/latest', { method: 'HEAD' })
  expect([response.status, await response.text()]).toEqual([418, ''])
})

test('formatError: headers that belong to the error are added', async () => {
  const auth = users([{ name: 'a', password: 'b' }])
  const login = await testRegistry({ auth, formatError }).fetch('/v2/')
  expect(login.headers.get('www-authenticate')).toContain('Basic')
  const { fetch } = testRegistry({ formatError })
  expect((await fetch('/v2/_catalog', { method: 'PUT' })).headers.get('allow')).toBe('GET, HEAD')
  const { headers } = await fetch('/v2/a/blobs/uploads/', { method: 'POST' })
  const late = { method: 'PATCH', headers: { 'content-range': '5-7' }, body: 'abc' }
  expect((await fetch(headers.get('location')!, late)).headers.get('location')).toContain(
    '/v2/a/blobs/uploads/',
  )
})

test('formatError: if it fails itself, the answer is a plain 500 that shows nothing', async () => {
  const broken = () => {
    throw new Error('secret')
  }
  const response = await testRegistry({ formatError: broken }).fetch('/v2/bad')
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('secret')
})

test('formatError: without it the body is that of the specification', async () => {
  const { errors } = (await (await testRegistry().fetch('/v2/bad')).json()) as { errors: RegistryError[] }
  expect(errors[0]?.code).toBe('NOT_FOUND')
})
