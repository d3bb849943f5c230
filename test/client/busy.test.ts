/** A session at which another request is at work. */

import { expect, test } from 'vitest'
import { noise, probe } from '../../src/testing/storage/scope.ts'
import { session, sizesOf } from './session.ts'
import { digestOf, failureOf, reply, wired } from './wire.ts'

const BLOB = noise(100)
const DIGEST = digestOf(BLOB)

/** Refuses some methods, so often. */
const busy = (method: string, times = 2) => {
  let left = times
  const location = '/v2/a/blobs/uploads/1'
  return session((sent) =>
    sent.method === method && left-- > 0 ? reply(416, { location, range: '0-2' }) : undefined,
  )
}

test('what names no place is sent again', async () => {
  const appended = wired(busy('PATCH'))
  const { id } = await appended.client.startUpload('a')
  expect((await appended.client.writeUpload('a', id, BLOB)).offset).toBe(100)
  expect(sizesOf(appended.sent)).toEqual(['PATCH 100', 'PATCH 100', 'PATCH 100'])
  for (const body of [undefined, BLOB]) {
    const ended = wired(busy('PUT'))
    const upload = await ended.client.startUpload('a')
    await ended.client.finishUpload('a', upload.id, DIGEST, body ? { body } : {})
    expect(sizesOf(ended.sent).length).toBe(3)
  }
  const cancelled = wired(busy('DELETE'))
  await cancelled.client.cancelUpload('a', (await cancelled.client.startUpload('a')).id)
  expect(cancelled.sent.map(({ method }) => method)).toEqual(['POST', 'DELETE', 'DELETE', 'DELETE'])
})

test('a stream is gone, and what names its place is told where to go on', async () => {
  const { client, sent } = wired(busy('PATCH'))
  const { id } = await client.startUpload('a')
  const stream = client.writeUpload('a', id, probe(BLOB).stream)
  expect((await failureOf(stream)).code).toBe('RANGE_INVALID')
  const placed = client.writeUpload('a', id, BLOB, { offset: 0 })
  expect((await failureOf(placed)).code).toBe('RANGE_INVALID')
  expect(sizesOf(sent).length).toBe(2)
})

test('patience has an end', async () => {
  const { client, sent } = wired(busy('PATCH', 100))
  const { id } = await client.startUpload('a')
  expect((await failureOf(client.writeUpload('a', id, BLOB))).status).toBe(416)
  expect(sizesOf(sent).length).toBe(5)
})
