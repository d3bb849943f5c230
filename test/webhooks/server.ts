/** A registry over a folder with a webhook, in a process that is killed. Its arguments: the folder and the URL. */

import { serve } from '../../adapters/node/index.ts'
import { fs } from '../../adapters/storage/fs/index.ts'
import { ocikit, open, webhooks } from '../../src/index.ts'
import { SOON } from './hooked.ts'
import { SECRET } from './receiver.ts'

const [folder = '', url = ''] = process.argv.slice(2)
const hooks = webhooks([{ url, secret: SECRET, types: ['tag'] }], { ...SOON, timeout: 300 })
const kit = ocikit({ storage: await fs(folder), auth: open(), webhooks: hooks })
const server = await serve(kit, { port: 0 })
setInterval(() => void kit.webhooks.drain(), 20)
process.stdout.write(`${server.url}\n`)
