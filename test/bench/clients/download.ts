/**
 * Downloads a blob and keeps nothing of it: `download.ts URL REPOSITORY DIGEST REQUESTS`. It is verified.
 * @module
 */

import { nodeFetch } from '../../../adapters/node/index.ts'
import { createClient } from '../../../src/client/index.ts'
import type { Digest } from '../../../src/oci/index.ts'
import { downloadBlob } from '../../../src/transfer/index.ts'

const [url = '', repository = '', digest = '', requests] = process.argv.slice(2)
const reader = createClient(url, { fetch: nodeFetch })
const content = await downloadBlob(reader, repository, digest as Digest, { concurrency: Number(requests) })
let came = 0
for await (const chunk of content.stream()) came += chunk.length
if (came !== content.descriptor.size) throw new Error(`${came} bytes of ${content.descriptor.size}`)
