/**
 * Random bytes to push.
 * @module
 */

import { createHash, type Hash, randomBytes, randomFillSync } from 'node:crypto'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MIB } from './scale.ts'

/** A file that is pushed. */
export interface Payload {
  readonly file: string
  readonly size: number
  readonly digest: string
}

/** Bytes at the end that tell a file from the one before. */
const TAIL = 32

/** Files of any size, which differ from one call to the next: nothing is pushed twice. */
export class Payloads {
  readonly #folder: string
  /** The hash of each file but for its last bytes. */
  readonly #made = new Map<number, Hash>()

  /** @param folder Should be in memory, so that reading it costs nothing. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** The only file of this size, with another end. The one before is no longer what it was. */
  async fresh(size: number): Promise<Payload> {
    const file = join(this.#folder, `${size}.bin`)
    const body = Math.max(0, size - TAIL)
    const hashed = this.#made.get(size) ?? (await random(file, body))
    this.#made.set(size, hashed)
    const tail = randomBytes(size - body)
    const handle = await open(file, 'r+')
    try {
      await handle.write(tail, 0, tail.length, body)
    } finally {
      await handle.close()
    }
    return { file, size, digest: `sha256:${hashed.copy().update(tail).digest('hex')}` }
  }

  /** A file with this text. */
  async text(text: string): Promise<string> {
    const file = join(this.#folder, 'text')
    await writeFile(file, text)
    return file
  }
}

/** Makes a file and resolves to the hash of what is in it. */
async function random(file: string, size: number): Promise<Hash> {
  const hash = createHash('sha256')
  const handle = await open(file, 'w')
  try {
    const block = Buffer.allocUnsafe(MIB)
    for (let at = 0; at < size; at += MIB) {
      const length = Math.min(MIB, size - at)
      hash.update(randomFillSync(block, 0, length).subarray(0, length))
      await handle.write(block, 0, length, at)
    }
  } finally {
    await handle.close()
  }
  return hash
}
