/** Copies `app:v1` from one registry to another, and tells how many bytes that were, and how much memory it took (MiB). */

import { nodeFetch } from '../../adapters/node/index.ts'
import { createClient } from '../../src/client/index.ts'
import { copy } from '../../src/transfer/index.ts'

const [source = '', destination = ''] = process.argv.slice(2)
const { bytes } = await copy(
  { registry: createClient(source, { fetch: nodeFetch }), repository: 'app', reference: 'v1' },
  { registry: createClient(destination, { fetch: nodeFetch }), repository: 'app' },
)
const resident = Math.round(process.resourceUsage().maxRSS / 1024)
console.log(JSON.stringify({ bytes, resident }))
