import { type FileHandle, open } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import type { FileBody } from '../../src/body.ts'

/** Bytes of one read. Two of them are in use for each answer, so many slow clients cost little memory. */
const CHUNK = 256 * 1024
/** Buffers that are kept for the next answers. */
const MAX_SPARE = 16

const spare: Buffer[] = []

/**
 * Sends a part of a file: the next read runs while the socket takes the last one, and the two buffers are used
 * again and again.
 * @throws if the file cannot be read to the end of the part, or the client goes away.
 */
export async function sendFile(file: FileBody, outgoing: ServerResponse): Promise<void> {
  const handle = await open(file.path, 'r')
  let buffer = spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK)
  let other = spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK)
  const socket = watch(outgoing)
  try {
    const end = file.offset + file.length
    for (let at = file.offset; at < end; ) {
      const size = await fill(handle, buffer, at, end)
      await socket.taken
      socket.write(buffer.subarray(0, size))
      at += size
      const next = other
      other = buffer
      buffer = next
    }
    await socket.taken
    // Only now: a socket that was cut off may still read from them.
    for (const each of [buffer, other]) if (spare.length < MAX_SPARE) spare.push(each)
  } finally {
    socket.release()
    await handle.close()
  }
}

/** Reads until the buffer or the part is full. */
async function fill(handle: FileHandle, buffer: Buffer, at: number, end: number): Promise<number> {
  const wanted = Math.min(buffer.length, end - at)
  let size = 0
  while (size < wanted) {
    const { bytesRead } = await handle.read(buffer, size, wanted - size, at + size)
    if (bytesRead === 0) throw new Error('the file is shorter than it was')
    size += bytesRead
  }
  return size
}

interface Watched {
  /** Settles when the socket has taken what was written last; rejects if the client is gone. */
  taken: Promise<void>
  write(bytes: Uint8Array): void
  release(): void
}

function watch(outgoing: ServerResponse): Watched {
  let cut: (error: Error) => void = () => {}
  const onClose = () => cut(new Error('the client went away'))
  outgoing.once('close', onClose)
  return {
    taken: Promise.resolve(),
    write(bytes) {
      this.taken = new Promise((resolve, reject) => {
        cut = reject
        if (outgoing.destroyed) return onClose()
        outgoing.write(bytes, (error) => (error ? reject(error) : resolve()))
      })
      // Awaited only after the next read.
      this.taken.catch(() => {})
    },
    release: () => outgoing.off('close', onClose),
  }
}
