import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { delivery } from '../../adapters/cli/server/delivery.ts'
import { createLogger } from '../../adapters/cli/server/log.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Delivery by runs that end when somebody says so. */
function delivering() {
  const ends: (() => void)[] = []
  const drain = () =>
    new Promise<{ sent: number; failed: number; undeliverable: number }>((resolve) => {
      ends.push(() => resolve({ sent: 1, failed: 0, undeliverable: 0 }))
    })
  const end = delivery({ webhooks: { drain } as never }, createLogger('off', process.stderr))
  return { ends, end }
}

test('a run begins at once, and every five seconds if none goes on', async () => {
  const { ends, end } = delivering()
  expect(ends).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(20_000)
  expect(ends).toHaveLength(1)
  ends[0]!()
  await vi.advanceTimersByTimeAsync(5000)
  expect(ends).toHaveLength(2)
  ends[1]!()
  await end()
  await vi.advanceTimersByTimeAsync(20_000)
  expect(ends).toHaveLength(2)
})

test('a run that goes on and on does not keep what waits for other receivers', async () => {
  const { ends, end } = delivering()
  await vi.advanceTimersByTimeAsync(35_000)
  expect(ends).toHaveLength(2)
  // What the first one does is over, what the second one does is not.
  ends[0]!()
  await vi.advanceTimersByTimeAsync(5000)
  expect(ends).toHaveLength(2)
  ends[1]!()
  await vi.advanceTimersByTimeAsync(5000)
  expect(ends).toHaveLength(3)
  ends[2]!()
  await end()
})
