/**
 * Many clients with slow lines: `slow.ts URL CONNECTIONS SECONDS`. Each reads at most 64 KiB in 20 ms. Prints the
 * bytes that the slowest of them got.
 * @module
 */

import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const PACE = 20

const [target, connections, seconds] = process.argv.slice(2)
const url = new URL(target!)
const readers = Array.from({ length: Number(connections) }, reader)
await sleep(Number(seconds) * 1000)
const got = readers.map((stop) => stop())
console.log(Math.min(...got))

/** Begins to read, and returns what ends that. */
function reader(): () => number {
  const socket: Socket = connect(Number(url.port), url.hostname)
  let size = 0
  socket.on('error', () => {})
  // Paused: what is not read stays in the socket, and in the end with the server.
  socket.on('readable', () => {})
  socket.write(`GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`)
  const timer = setInterval(() => {
    const chunk = socket.read() as Buffer | null
    if (chunk === null) return
    if (size === 0 && !chunk.toString('latin1').startsWith('HTTP/1.1 200 ')) socket.destroy()
    else size += chunk.length
  }, PACE)
  return () => {
    clearInterval(timer)
    socket.destroy()
    return size
  }
}
