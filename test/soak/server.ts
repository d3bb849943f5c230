/**
 * A process that serves a folder (`fs`, its path), or a bucket of S3 (`s3`, its options as JSON); it is there to be
 * killed. The last argument says when its clock began.
 * @module
 */

import { serve } from '../../adapters/node/index.ts'
import { fs } from '../../adapters/storage/fs/index.ts'
import { type S3Options, s3 } from '../../adapters/storage/s3/index.ts'
import { FastClock } from './clock.ts'
import { controlled } from './control.ts'

const [kind, where = '', start] = process.argv.slice(2)

const storage = kind === 's3' ? await s3(JSON.parse(where) as S3Options) : await fs(where)
const server = await serve({ fetch: controlled(storage, new FastClock(Number(start))) }, { port: 0 })
process.once('SIGTERM', () => process.exit())
console.log(`listening ${server.url}`)
