/**
 * Uploads in pieces, each a file.
 * @module
 */

import { randomBytes } from 'node:crypto'
import { mkdir, open, stat, truncate, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { LayoutUploads } from '../../src/layout/index.ts'
import type { Body, CallOptions } from '../../src/registry.ts'
import { readSpan } from '../files/read-span.ts'
import { orNone, writing } from './errors.ts'
import { pour } from './file-bytes.ts'

/** Uploads in a folder, which is made by the first. @param keepAs Gives a file its name in the layout. */
export function uploadsIn(
  folder: string,
  keepAs: (from: string, path: string) => Promise<void>,
): LayoutUploads {
  const at = (id: string): string => join(folder, id)
  /** Uploads that somebody writes to. */
  const busy = new Set<string>()
  const sizeOf = async (id: string): Promise<number | null> => (await orNone(stat(at(id))))?.size ?? null
  return {
    size: sizeOf,
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
        return (await sizeOf(id)) === offset ? await appendTo(at(id), offset, body, call) : null
      } finally {
        busy.delete(id)
      }
    },
    cut: (id, size) => truncate(at(id), size),
    open: (id, call) => streamOf(at(id), call),
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

function streamOf(path: string, call?: CallOptions): ReadableStream<Uint8Array> {
  let inner: ReadableStreamDefaultReader<Uint8Array> | undefined
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        inner ??= readSpan(path, { offset: 0, length: (await stat(path)).size }, call).getReader()
        const { value, done } = await inner.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => inner?.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
