/** Parts of files as streams: what is opened is closed, however it ends. */

import { execFileSync } from 'node:child_process'
import { open, readdir, readlink, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSpan } from '../../adapters/files/read-span.ts'
import { drain, noise } from '../../src/testing/storage/scope.ts'
import { digestOf, failureOf } from '../client/wire.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'

const BYTES = noise(600_000)
let folder: Folder
beforeAll(async () => {
  folder = await temporaryFolder()
  await writeFile(folder.at('file'), BYTES)
})
afterAll(() => folder?.remove())

/** How often a file is open in this process. */
async function handlesOf(path: string): Promise<number> {
  const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''))
  return (await Promise.all(links)).filter((target) => target === path).length
}

test('any part, whole, none and from the middle', async () => {
  for (const [offset, length] of [
    [0, 600_000],
    [5, 0],
    [300_001, 262_144],
    [599_999, 1],
  ] as const) {
    const found = await drain(readSpan(folder.at('file'), { offset, length }))
    expect(digestOf(found)).toBe(digestOf(BYTES.slice(offset, offset + length)))
  }
})

test('a file that is too short, or not there, is an error', async () => {
  const span = { offset: 599_000, length: 2000 }
  expect((await failureOf(drain(readSpan(folder.at('file'), span)))).message).toContain('truncated')
  expect((await failureOf(drain(readSpan(folder.at('none'), span)))).message).toContain('ENOENT')
})

test.skipIf(process.platform !== 'linux')(
  'it is closed at the end, after an error and when it is left',
  async () => {
    const path = folder.at('file')
    const whole = { offset: 0, length: 600_000 }
    await drain(readSpan(path, whole))
    await failureOf(drain(readSpan(path, { offset: 0, length: 600_001 })))
    const left = readSpan(path, whole).getReader()
    await left.read()
    expect(await handlesOf(path)).toBe(1)
    await left.cancel()
    const ending = new AbortController()
    const ended = readSpan(path, whole, { signal: ending.signal }).getReader()
    await ended.read()
    ending.abort(new Error('enough'))
    expect((await failureOf(ended.read())).message).toBe('enough')
    expect(await handlesOf(path)).toBe(0)
  },
)

test.skipIf(process.platform !== 'linux')(
  'it is closed when it is left while it is being opened',
  async () => {
    const path = folder.at('pipe')
    execFileSync('mkfifo', [path])
    // Nobody writes yet: opening it takes until somebody does.
    const reader = readSpan(path, { offset: 0, length: 10 }).getReader()
    const read = reader.read()
    await new Promise((begun) => setImmediate(begun))
    await reader.cancel()
    const writer = await open(path, 'r+')
    expect((await read).done).toBe(true)
    await expect.poll(() => handlesOf(path)).toBe(1)
    await writer.close()
  },
)
