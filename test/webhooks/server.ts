/**
 * A registry with a webhook, in a process that is killed. Its arguments: a folder or a bucket, as for `--data`, and the
 * URL of the receiver.
 */

import { openStorage } from '../../adapters/cli/server/storage.ts'
import { serve } from '../../adapters/node/index.ts'
import { ocikit, open, webhooks } from '../../src/index.ts'
import { hookAt, MORTAL } from './soon.ts'

const [data = '', url = ''] = process.argv.slice(2)
const storage = await openStorage(data, process.env)
const kit = ocikit({ storage, auth: open(), webhooks: webhooks([hookAt(url)], MORTAL) })
const server = await serve(kit, { port: 0 })
setInterval(() => void kit.webhooks.drain(), 20)
process.stdout.write(`listening ${server.url}\n`)
