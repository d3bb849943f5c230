/** The handler for tests of the shim, behind it. */

import { type BunServer, serve } from '../../../adapters/bun/index.ts'
import { handlerIn } from '../handler.ts'

const fetch = handlerIn({ long: 7_000, busy: 2_000, server: () => server })
const server: BunServer = await serve({ fetch }, { port: 0, silence: 1_000, keepAlive: 1_000 })
console.log(`listening ${server.url}`)
