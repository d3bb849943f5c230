import { describe, expect, test } from 'vitest'
import { RegistryError, statusOf } from '../../src/oci/index.ts'

describe('errors (distribution-spec, "Error Codes")', () => {
  const statuses: Record<string, number> = {
    BLOB_UNKNOWN: 404,
    BLOB_UPLOAD_INVALID: 400,
    BLOB_UPLOAD_UNKNOWN: 404,
    DIGEST_INVALID: 400,
    MANIFEST_BLOB_UNKNOWN: 404,
    MANIFEST_INVALID: 400,
    MANIFEST_UNKNOWN: 404,
    NAME_INVALID: 400,
    NAME_UNKNOWN: 404,
    SIZE_INVALID: 400,
    UNAUTHORIZED: 401,
    DENIED: 403,
    UNSUPPORTED: 405,
    TOOMANYREQUESTS: 429,
    RANGE_INVALID: 416,
    UNKNOWN: 500,
    UNAVAILABLE: 503,
  }
  for (const [code, status] of Object.entries(statuses)) {
    test(`${code} is ${status}`, () => {
      expect(statusOf(code)).toBe(status)
      expect(new RegistryError(code, 'x').status).toBe(status)
    })
  }

  test('a custom code is 400, also one that every object has', () => {
    for (const code of ['QUOTA_EXCEEDED', 'constructor', '__proto__', 'toString', ''])
      expect(statusOf(code)).toBe(400)
  })

  test('what is said beside the code is kept; what is not said is not there', () => {
    const cause = new Error('inside')
    const also = [{ code: 'B', message: 'b' }]
    const error = new RegistryError('A', 'a', { status: 418, detail: 0, cause, headers: { x: 'y' }, also })
    expect(error).toMatchObject({
      code: 'A',
      message: 'a',
      status: 418,
      detail: 0,
      headers: { x: 'y' },
      cause,
    })
    expect(error.entries).toEqual([{ code: 'A', message: 'a', detail: 0 }, ...also])
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe('RegistryError')
    const bare = new RegistryError('A', 'a')
    expect(Object.keys(bare.entries[0]!)).toEqual(['code', 'message'])
    for (const field of ['detail', 'headers', 'upload', 'cause'] as const) expect(bare[field]).toBeUndefined()
  })

  test('the cause is in no entry', () => {
    const error = new RegistryError('A', 'a', { cause: new Error('secret') })
    expect(JSON.stringify(error.entries)).not.toContain('secret')
  })
})
