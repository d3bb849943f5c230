/** The registry as an API route. */

import { ocikit, open } from 'ocikit'
import { toApiHandler } from 'ocikit/next'
import { fs } from 'ocikit/storage/fs'

const { DATA, SPARSE } = process.env
const logger = { debug() {}, info() {}, warn: console.warn, error: console.error }
export default toApiHandler(
  ocikit({ storage: () => fs(`${DATA}/api`), auth: open(), sparse: SPARSE === '1', logger }),
  { silence: 4_000 },
)
