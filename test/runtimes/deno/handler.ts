/** The handler for tests of the shim, behind it. */

import { type DenoServer, serve } from '../../../adapters/deno/index.ts'
import { handlerIn } from '../handler.ts'

const fetch = handlerIn({ long: 3_500, busy: 1_000, server: () => server })
const server: DenoServer = await serve({ fetch }, { port: 0, silence: 1_500 })
console.log(`listening ${server.url}`)
