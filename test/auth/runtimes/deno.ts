/** A registry with users on Deno: `deno.ts WAY [PEM]`. */

import process from 'node:process'
import { serve } from '../../../adapters/deno/index.ts'
import { kitFor } from './kit.ts'

const [, , way = '', pem] = process.argv
const server = await serve(kitFor(way, pem), { port: 0 })
console.log(`listening ${server.url}`)

process.once('SIGTERM', () => server.close())
