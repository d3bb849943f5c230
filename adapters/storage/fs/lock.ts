/**
 * One owner for a folder, also across containers that share it, with nothing left behind by a killed one.
 *
 * An owner listens on a Unix socket in the lock folder. The kernel refuses connections to the socket of a dead
 * process, whoever killed it and in whichever container, so nothing depends on process ids or clocks.
 * @module
 */

import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { chmod, mkdir, open, readdir, unlink } from 'node:fs/promises'
import type { Server } from 'node:net'
import { connect, createServer } from 'node:net'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, ignore, StorageOpenError } from './errors.ts'

/** The shortest limit for the path of a socket among the systems we run on (macOS 104, Linux 108), with its NUL. */
const MAX_SOCKET_PATH = 103
const ATTEMPTS = 4

/** Takes the lock and returns what releases it. @throws {@link StorageOpenError} when somebody has it. */
export async function lock(directory: string): Promise<() => Promise<void>> {
  const folder = `${directory}/lock`
  await mkdir(folder).catch(ignore('EEXIST'))
  const { base, handle } = await socketBase(folder)
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const release = await attemptLock(folder, base, directory)
      if (release !== null) {
        return async () => {
          await release()
          await handle?.close()
        }
      }
      // Two that start at once see each other and both step back; the wait differs, so one returns first.
      if (attempt < ATTEMPTS) await sleep(20 + Math.random() * 130)
    }
  } catch (error) {
    await handle?.close()
    throw error
  }
  await handle?.close()
  throw new StorageOpenError(`${directory} is in use by another process: stop it, or use another folder`)
}

/**
 * Listens first and looks second, so that of two starters at least the later one sees the other. Dead sockets
 * are removed only by who has won: the socket of a starter is refused, too, in the moment before it listens.
 */
async function attemptLock(
  folder: string,
  base: string,
  directory: string,
): Promise<(() => Promise<void>) | null> {
  const own = randomBytes(8).toString('hex')
  const server = createServer((socket) => socket.destroy())
  await listen(server, `${base}/${own}`, directory)
  const release = async (): Promise<void> => {
    await new Promise((resolve) => server.close(resolve))
    await unlink(`${folder}/${own}`).catch(ignore('ENOENT'))
  }
  try {
    // Another user's process must be able to find out that this one is dead.
    await chmod(`${folder}/${own}`, 0o666).catch(() => {})
    const others = (await readdir(folder)).filter((name) => name !== own)
    for (const name of others) {
      if (await isAlive(`${base}/${name}`)) {
        await release()
        return null
      }
    }
    for (const name of others) await unlink(`${folder}/${name}`).catch(ignore('ENOENT'))
    return release
  } catch (error) {
    await release()
    throw error
  }
}

function listen(server: Server, path: string, directory: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Stays: an error after `listen` rejects nothing, and must not end the process.
    server.on('error', (error) => {
      const code = codeOf(error) ?? error.message
      reject(
        new StorageOpenError(`${directory} cannot hold a lock (${code}): make it writable, on a local disk`, {
          cause: error,
        }),
      )
    })
    server.listen(path, resolve)
    server.unref()
  })
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    // A full backlog or a lack of rights is no proof of death.
    socket.once('error', (error) => resolve(!['ECONNREFUSED', 'ENOENT'].includes(codeOf(error) ?? '')))
  })
}

/** A path of the lock folder that leaves room for a name within the limit of socket paths. */
async function socketBase(folder: string): Promise<{ base: string; handle?: FileHandle }> {
  if (Buffer.byteLength(`${folder}/0123456789abcdef`) <= MAX_SOCKET_PATH) return { base: folder }
  if (process.platform !== 'linux') {
    throw new StorageOpenError(`the path ${folder} is too long for a lock: use a shorter one`)
  }
  const handle = await open(folder, 'r')
  return { base: `/proc/self/fd/${handle.fd}`, handle }
}
