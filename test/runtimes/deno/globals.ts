/** What the programs of these tests use of Deno, beside what the adapter and the driver do. */

import { fs } from '../../../adapters/storage/fs/index.ts'
import { type DenoKv, denoKv } from '../../../adapters/storage/kv/index.ts'
import type { Storage } from '../../../src/storage/index.ts'

interface Deno {
  readonly args: readonly string[]
  openKv(path: string): Promise<DenoKv & { close(): void }>
}

export const deno: Deno = (globalThis as unknown as { Deno: Deno }).Deno

/** Opens a folder, or a database in a file. */
export async function openStorage(kind: string | undefined, path: string): Promise<Storage> {
  if (kind !== 'kv') return fs(path)
  const kv = await deno.openKv(path)
  return { ...denoKv(kv), close: async () => kv.close() }
}
