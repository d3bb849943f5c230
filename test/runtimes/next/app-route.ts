/** The registry as route handlers. */

import { ocikit, open } from 'ocikit'
import { toRouteHandlers } from 'ocikit/next'
import { fs } from 'ocikit/storage/fs'

const { DATA, SPARSE } = process.env
const logger = { debug() {}, info() {}, warn: console.warn, error: console.error }
const kit = ocikit({ storage: () => fs(`${DATA}/routes`), auth: open(), sparse: SPARSE === '1', logger })
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = toRouteHandlers(kit)
