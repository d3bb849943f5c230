import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that a system gives away by itself: nobody is given one of these by chance. */
const [FIRST, LAST] = [20_000, 30_000]
const TRIES = 50

/** A port that nobody listened on a moment ago, for programs that cannot take one by themselves. */
export async function freePort(): Promise<number> {
  for (let tries = 1; ; tries++) {
    const port = randomInt(FIRST, LAST)
    const server = createServer()
    try {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    } catch (error) {
      if (tries < TRIES) continue
      throw error
    }
    server.close()
    await once(server, 'close')
    return port
  }
}
