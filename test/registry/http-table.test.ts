import { describe, expect, test } from 'vitest'
import { blobRows, type HttpRow, manifestRows, rootRows } from './http-rows.ts'
import { listRows, mountRows, uploadRows } from './http-rows-more.ts'
import { seeded } from './http-seed.ts'

const TABLE = {
  'the root': rootRows,
  blobs: blobRows,
  uploads: uploadRows,
  mounts: mountRows,
  manifests: manifestRows,
  lists: listRows,
}

for (const [about, rows] of Object.entries(TABLE)) {
  describe(about, () => {
    for (const row of rows) test(titleOf(row), () => check(row))
  })
}

function titleOf({ request, headers = {}, body, status }: HttpRow): string {
  const fields = Object.entries(headers).map(([name, value]) => `, ${name}: ${value}`)
  const title = `${request}${fields.join('')}${body === undefined ? '' : `, ${body}`}: ${status}`
  return title.length > 150 ? `${title.slice(0, 140)}…` : title
}

async function check(row: HttpRow): Promise<void> {
  const { registry, names } = await seeded()
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (all, name) => names[name] ?? all)
  const [method, path] = row.request.split(' ') as [string, string]
  const body = row.body === undefined ? undefined : new TextEncoder().encode(fill(row.body))
  const length = body || method === 'POST' ? { 'content-length': String(body?.length ?? 0) } : {}
  const headers = { ...length, ...row.headers }
  const response = await registry.fetch(fill(path), { method, headers, ...(body ? { body } : {}) })
  const text = await response.text()
  const errors = row.code === undefined ? [] : (JSON.parse(text).errors as { code: string }[])
  const has = Object.keys(row.has ?? {}).map((name) => [name, response.headers.get(name)])
  const expected = Object.entries(row.has ?? {}).map(([name, value]) => [name, value && fill(value)])
  expect({ status: response.status, code: errors[0]?.code, has }).toEqual({
    status: row.status,
    code: row.code,
    has: expected,
  })
  if (row.text !== undefined) expect(text).toBe(fill(row.text))
  expect(response.headers.get('docker-distribution-api-version') !== null).toBe(fill(path).startsWith('/v2'))
  await registry.close()
}
