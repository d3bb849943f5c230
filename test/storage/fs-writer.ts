/** Writes records and contents without end, and tells which are acknowledged, until it is killed. */
import { createHash } from 'node:crypto'
import process from 'node:process'
import { fs } from '../../adapters/storage/fs/index.ts'

const [, , folder = '', run = ''] = process.argv
const { records, contents } = await fs(folder)

/** A value that proves that it is whole: its hash, then as many bytes as `i` says. */
function proven(i: number): Uint8Array {
  const body = Buffer.alloc(1 + ((i * 7919) % 200_000), i)
  return Buffer.concat([createHash('sha256').update(body).digest(), body])
}

async function work(worker: number): Promise<void> {
  for (let i = worker; ; i += 4) {
    const value = proven(i)
    const name = `${run}/${worker}/${i}`
    await records.create(`volatile/${name}/a`, value, { volatile: true })
    await records.create(`created/${name}`, value)
    await records.put(`rewritten/${worker}`, value)
    await contents.write(`content/${name}`, value, { size: value.length })
    process.stdout.write(`${name}\n`)
    if (i % 3 === 0) await records.drop([`volatile/${name}/a`])
  }
}

await Promise.all([0, 1, 2, 3].map(work))
