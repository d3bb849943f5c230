import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { withFolder } from './folder.ts'

const WRITER = fileURLToPath(new URL('./fs-writer.ts', import.meta.url))

function isWhole(value: Uint8Array): boolean {
  const hash = createHash('sha256').update(value.subarray(32)).digest()
  return value.length > 32 && hash.equals(value.subarray(0, 32))
}

test('after SIGKILL what was acknowledged is there, and no record is a part', () =>
  withFolder(async (folder) => {
    const acknowledged = new Set<string>()
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, [WRITER, folder, `${round}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let output = ''
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString()
      })
      await once(child.stdout, 'data')
      await sleep(150 + 100 * round)
      const exit = once(child, 'close')
      child.kill('SIGKILL')
      await exit
      for (const name of output.split('\n').slice(0, -1)) acknowledged.add(name)

      const { records, contents, close } = await fs(folder)
      expect(await readdir(`${folder}/tmp`)).toEqual([])
      const listed = new Set<string>()
      for await (const { key, rec } of records.list('', { values: true })) {
        expect(isWhole(rec!.value), key).toBe(true)
        listed.add(key)
      }
      for (const name of acknowledged) {
        expect(listed.has(`created/${name}`), name).toBe(true)
        const content = await contents.read(`content/${name}`)
        const bytes = new Uint8Array(
          await new Response(content!.stream() as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
        )
        expect(isWhole(bytes), name).toBe(true)
      }
      await close?.()
    }
    expect(acknowledged.size).toBeGreaterThan(3)
  }))
