import { describe, expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { memory, prefixed } from '../../src/storage/index.ts'
import { storageSuite } from '../../src/testing/storage-suite.ts'
import { inFolder } from './folder.ts'

describe('a part of memory is a storage', () => {
  storageSuite({ test, expect }, async () => ({ storage: prefixed(memory(), 't/red/') }))
})

describe('a part of a folder is a storage', () => {
  storageSuite({ test, expect }, () =>
    inFolder(async (folder) => {
      const whole = await fs(folder)
      return { ...prefixed(whole, 't/red/'), close: async () => whole.close?.() }
    }),
  )
})

test('parts see nothing of each other, and prefixes that could overlap are refused', async () => {
  const whole = memory()
  const [red, blue] = [prefixed(whole, 't/red/'), prefixed(whole, 't/blue/')]
  await red.records.put('a', new Uint8Array([1]))
  await red.contents.write('content/x', new Uint8Array([1]), { size: 1 })
  expect(await blue.records.get('a')).toBeNull()
  expect(await blue.contents.size('content/x')).toBeNull()
  for await (const { key } of blue.records.list('')) expect.unreachable(key)
  for (const prefix of ['', '/', 'a', '/a/', 'a//', '../', 'a/../', 'A/'])
    expect(() => prefixed(whole, prefix), prefix).toThrow(TypeError)
})
