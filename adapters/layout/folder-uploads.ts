/**
 * Uploads in pieces, each a file.
 * @module
 */

import { randomBytes } from 'node:crypto'
import { mkdir, open, truncate, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { LayoutUploads } from '../../src/layout/index.ts'
import type { Body, CallOptions } from '../../src/registry.ts'
import { readSpan } from '../files/read-span.ts'
import { orNone, writing } from './errors.ts'
import { pour, sizeOf } from './file-bytes.ts'

/** Uploads in a folder, which is made by the first. @param keepAs Gives a file its name in the layout. */
export function uploadsIn(
  folder: string,
  keepAs: (from: string, path: string) => Promise<void>,
): LayoutUploads {
  const at = (id: string): string => join(folder, id)
  /** Uploads that somebody writes to. */
  const busy = new Set<string>()
  return {
    size: (id) => sizeOf(at(id)),
    async create() {
      const id = randomBytes(16).toString('hex')
      return writing(async () => {
        await mkdir(folder, { recursive: true })
        await (await open(at(id), 'wx')).close()
        return id
      })
    },
    async append(id, offset, body, call) {
      if (busy.has(id)) return null
      busy.add(id)
      try {
        return (await sizeOf(at(id))) === offset ? await appendTo(at(id), offset, body, call) : null
      } finally {
        busy.delete(id)
      }
    },
    cut: (id, size) => truncate(at(id), size),
    open: (id, size, call) => readSpan(at(id), { offset: 0, length: size }, call),
    keep: (id, path) => keepAs(at(id), path),
    async drop(id) {
      return (await orNone(unlink(at(id)).then(() => true))) ?? false
    },
  }
}

async function appendTo(path: string, offset: number, body: Body, call?: CallOptions): Promise<number> {
  const file = await open(path, 'r+')
  try {
    return await writing(async () => {
      const size = await pour(body, file, offset, call)
      await file.datasync()
      return offset + size
    })
  } catch (error) {
    await file.truncate(offset)
    throw error
  } finally {
    await file.close()
  }
}
