/**
 * Random bytes to push.
 * @module
 */

import { createHash, randomBytes, randomFillSync } from 'node:crypto'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MIB } from './scale.ts'

/** A file that is pushed. */
export interface Payload {
  readonly file: string
  readonly size: number
  readonly digest: string
}

/** Files of any size, which differ from one call to the next: nothing is pushed twice. */
export class Payloads {
  readonly #folder: string
  readonly #made = new Set<number>()

  /** @param folder Should be in memory, so that reading it costs nothing. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** The only file of this size, changed and hashed anew. The one before is no longer what it was. */
  async fresh(size: number): Promise<Payload> {
    const file = join(this.#folder, `${size}.bin`)
    const hash = createHash('sha256')
    const handle = await open(file, this.#made.has(size) ? 'r+' : 'w+')
    try {
      if (!this.#made.has(size)) {
        const block = Buffer.allocUnsafe(MIB)
        for (let at = 0; at < size; at += MIB) {
          await handle.write(randomFillSync(block), 0, Math.min(MIB, size - at), at)
        }
        this.#made.add(size)
      }
      await handle.write(randomBytes(Math.min(32, size)), 0, Math.min(32, size), 0)
      const block = Buffer.allocUnsafe(MIB)
      for (let at = 0; at < size; at += MIB) {
        const { bytesRead } = await handle.read(block, 0, MIB, at)
        hash.update(block.subarray(0, bytesRead))
      }
    } finally {
      await handle.close()
    }
    return { file, size, digest: `sha256:${hash.digest('hex')}` }
  }

  /** A file with this text. */
  async text(text: string): Promise<string> {
    const file = join(this.#folder, 'text')
    await writeFile(file, text)
    return file
  }
}
