/**
 * Writes that fail leave nothing.
 * @module
 */

import type { StorageTests } from './scope.ts'
import { noise, probe } from './scope.ts'

/** Bodies of the wrong length, bodies that break, and callers that give up. */
export const writeFailureTests: StorageTests = {
  'write: a body that is too short or too long': async (scope) => {
    const { contents, place, expectAbsent, expectRejection } = scope
    const bytes = noise(300_000)
    for (const size of [0, 1, 299_999, 300_001, 10_000_000]) {
      for (const body of [bytes, probe(bytes).stream]) {
        const where = place()
        await expectRejection(contents.write(where, body, { size }), 'SIZE_INVALID')
        await expectAbsent(where)
      }
    }
  },

  'write: stops reading a body that is too long': async (scope) => {
    const { contents, place, expect, expectRejection } = scope
    const body = probe(noise(500_000), 'stall')
    await expectRejection(contents.write(place(), body.stream, { size: 100_000 }), 'SIZE_INVALID')
    expect(body.cancelled()).toBe(true)
  },

  'write: a body that fails leaves nothing': async (scope) => {
    const { contents, place, expectAbsent, expectRejection } = scope
    for (const given of [0, 100_000, 2_500_000]) {
      const where = place()
      const body = probe(noise(given), 'fail')
      await expectRejection(contents.write(where, body.stream, { size: 3_000_000 }))
      await expectAbsent(where)
    }
  },

  'write: an abort in the middle leaves nothing and cancels the body': async (scope) => {
    const { contents, place, expect, expectAbsent, expectRejection } = scope
    for (const given of [0, 100_000, 2_500_000]) {
      const where = place()
      const controller = new AbortController()
      const body = probe(noise(given), 'stall')
      const writing = contents.write(where, body.stream, { size: 3_000_000, signal: controller.signal })
      const rejected = expectRejection(writing)
      await body.exhausted
      controller.abort(new Error('the caller gave up'))
      await rejected
      expect(body.cancelled()).toBe(true)
      await expectAbsent(where)
    }
  },

  'write: an abort beforehand cancels the body': async (scope) => {
    const { contents, place, expect, expectAbsent, expectRejection } = scope
    const where = place()
    const body = probe(noise(100_000))
    await expectRejection(contents.write(where, body.stream, { size: 100_000, signal: AbortSignal.abort() }))
    expect(body.cancelled()).toBe(true)
    await expectAbsent(where)
  },
}
