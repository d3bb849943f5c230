/**
 * Random numbers and bytes that a seed brings back.
 * @module
 */

import { createCipheriv, createHash } from 'node:crypto'

/** A sequence that depends on nothing but its seed. */
export class Random {
  readonly #cipher

  constructor(seed: string) {
    const key = createHash('sha256').update(seed).digest()
    this.#cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16))
  }

  bytes(length: number): Buffer<ArrayBuffer> {
    return Buffer.from(this.#cipher.update(Buffer.alloc(length)))
  }

  /** From `first` to `last`, both inclusive. */
  int(first: number, last: number): number {
    return first + (this.bytes(4).readUInt32LE() % (last - first + 1))
  }

  chance(probability: number): boolean {
    return this.int(0, 999_999) < probability * 1_000_000
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)]!
  }
}

/** The seed of a run: `OCIKIT_SEED` repeats one. */
export function seedOfRun(): string {
  return process.env['OCIKIT_SEED'] ?? String(Math.floor(Math.random() * 2 ** 32))
}
