import { statfs } from 'node:fs/promises'
import { markPassing } from '../../../src/body.ts'
import { RegistryError } from '../../../src/oci/index.ts'
import type { Body } from '../../../src/registry.ts'
import type { Contents } from '../../../src/storage/contract.ts'
import { StorageOpenError } from './errors.ts'

/** How often the disk is asked, at most, in milliseconds. */
const EVERY = 1000

/** What is asked of a disk; tests have one of their own. */
export type DiskSize = (path: string) => Promise<{ bavail: number; blocks: number; bsize: number }>

/** Space that stays free. */
export interface Floor {
  /** @throws {@link RegistryError} `STORAGE_FULL` (507) while less is free. */
  check(): Promise<void>
}

/**
 * Watches the free space of the disk below `root`. What it finds counts for a second.
 * @param minFree Bytes, or a part of the disk as in `5%`.
 * @throws {@link StorageOpenError} for anything else.
 */
export function floorOf(root: string, minFree: number | string, disk: DiskSize = statfs): Floor {
  const [, percent] = /^(\d{1,2}(?:\.\d+)?)%$/.exec(String(minFree)) ?? []
  const part = percent === undefined ? undefined : Number(percent) / 100
  if (part === undefined && !(typeof minFree === 'number' && Number.isSafeInteger(minFree) && minFree > 0))
    throw new StorageOpenError('minFree must be a number of bytes above 0, or a part of the disk as in 5%')
  let isLow = Promise.resolve(false)
  let asked = Number.NEGATIVE_INFINITY
  const look = async (): Promise<boolean> => {
    const { bavail, blocks, bsize } = await disk(root)
    const least = part === undefined ? Number(minFree) : part * blocks * bsize
    return bavail * bsize < least
  }
  return {
    async check() {
      if (performance.now() - asked >= EVERY) {
        asked = performance.now()
        isLow = look()
      }
      if (!(await isLow)) return
      throw new RegistryError(
        'STORAGE_FULL',
        'the disk is nearly full: what is free is kept back, and blobs are refused until there is more',
      )
    },
  }
}

/**
 * Contents that are refused while too little is free, also in the middle of a body. Records pass: they are small, and
 * freeing space needs some.
 */
export function aboveFloor(contents: Contents, floor: Floor): Contents {
  return {
    ...contents,
    write: (place, body, options) => guarded(body, floor, (given) => contents.write(place, given, options)),
    piece: (place, handle, at, body, options) =>
      guarded(body, floor, (given) => contents.piece(place, handle, at, given, options)),
    async open(place, options) {
      await floor.check()
      return contents.open(place, options)
    },
  }
}

async function guarded<T>(body: Body, floor: Floor, work: (body: Body) => Promise<T>): Promise<T> {
  try {
    await floor.check()
  } catch (error) {
    if (body instanceof ReadableStream) await body.cancel(error).catch(() => {})
    throw error
  }
  return work(body instanceof ReadableStream ? watched(body, floor) : body)
}

/** The same chunks, until too little is free. */
function watched(stream: ReadableStream<Uint8Array>, floor: Floor): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  const passed = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await reader.read()
        if (done) return controller.close()
        try {
          await floor.check()
        } catch (error) {
          reader.cancel(error).catch(() => {})
          throw error
        }
        controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return markPassing(passed, stream)
}
