/** A registry on Bun that believes tokens with a certificate: `bun.ts PEM`. */

import { serve } from '../../../adapters/bun/index.ts'
import { kitFor } from './kit.ts'

const server = await serve(kitFor('x5c', process.argv[2]), { port: 0 })
console.log(`listening ${server.url}`)

process.once('SIGTERM', () => server.close())
