/**
 * Serves a registry that holds so much from the beginning: `sized.ts REPOSITORIES TAGS`, all of the tags in one of
 * the repositories. It is in memory, as nothing else is filled with a million records in seconds; so only the lists
 * are there, and nothing that they lead to.
 * @module
 */

import { serve } from '../../../adapters/node/index.ts'
import { catalogKey, tagKey } from '../../../src/engine/keys.ts'
import { ocikit, open } from '../../../src/index.ts'
import type { Tag } from '../../../src/oci/index.ts'
import { memory } from '../../../src/storage/index.ts'
import { repositoryName, TAGGED, tagName } from './names.ts'

const [repositories, tags] = process.argv.slice(2).map(Number) as [number, number]
const storage = memory()
const value = new TextEncoder().encode('{}')
for (let i = 0; i < repositories; i++)
  await storage.records.create(catalogKey(repositoryName(i, repositories)), value)
for (let i = 0; i < tags; i++) await storage.records.create(tagKey(TAGGED, tagName(i, tags) as Tag), value)
const { url } = await serve(ocikit({ storage, auth: open() }), { hostname: '127.0.0.1', port: 0 })
console.log(`listening ${url}`)
