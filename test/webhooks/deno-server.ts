/** A registry with a webhook over a database of Deno KV. Its arguments: the file, and the URL of the receiver. */

import { serve } from '../../adapters/deno/index.ts'
import { ocikit, open, webhooks } from '../../src/index.ts'
import { deno, openStorage } from '../runtimes/deno/globals.ts'
import { hookAt, MORTAL } from './soon.ts'

const [path = '', url = ''] = deno.args
const storage = await openStorage('kv', path)
const kit = ocikit({ storage, auth: open(), webhooks: webhooks([hookAt(url)], MORTAL) })
const server = await serve(kit, { port: 0 })
setInterval(() => void kit.webhooks.drain(), 20)
console.log(`listening ${server.url}`)
