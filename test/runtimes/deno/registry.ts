/** A registry: `registry.ts fs|kv PATH [sparse]`. */

import process from 'node:process'
import { serve } from '../../../adapters/deno/index.ts'
import { ocikit, open } from '../../../src/index.ts'
import { deno, openStorage } from './globals.ts'

const [kind, path = '', sparse] = deno.args
const kit = ocikit({ storage: await openStorage(kind, path), auth: open(), sparse: sparse === 'sparse' })
const server = await serve(kit, { port: 0 })
console.log(`listening ${server.url}`)

process.once('SIGTERM', async () => {
  await server.close()
  await kit.close()
})
