/**
 * A line that gives each connection so much: `capped.ts PORT BYTES_PER_SECOND`, in front of a port of this machine. What
 * is sent to the port is not held back; 0 holds nothing back.
 * @module
 */

import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

const [port, rate] = process.argv.slice(2).map(Number) as [number, number]
/** What may come at once, in seconds of the rate. */
const BURST = 0.02

const server = createServer((near) => {
  const far = connect(port, '127.0.0.1')
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.setNoDelay()
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
  }
  near.pipe(far)
  if (rate > 0) trickle(far, near)
  else far.pipe(near)
})
server.listen(0, '127.0.0.1', () => {
  console.log(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.once('SIGTERM', () => process.exit(0))

/** Passes bytes on no faster than the rate: each chunk when its turn has come. */
function trickle(from: Socket, to: Socket): void {
  let free = performance.now()
  from.on('data', (chunk: Buffer) => {
    to.write(chunk)
    const now = performance.now()
    free = Math.max(free, now - BURST * 1000) + (chunk.length / rate) * 1000
    if (free <= now && to.writableLength < 1024 * 1024) return
    from.pause()
    const goOn = (): void => {
      if (to.writableLength > 0) to.once('drain', () => from.resume())
      else from.resume()
    }
    setTimeout(goOn, Math.max(0, free - now))
  })
  from.on('end', () => to.end())
}
