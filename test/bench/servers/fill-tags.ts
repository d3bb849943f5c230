/**
 * Fills a folder as if a repository had been given so many tags: `fill-tags.ts FOLDER TAGS`. The files are written
 * without the server, which would sync each of them; only the list is there, and nothing that it leads to.
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fs } from '../../../adapters/storage/fs/index.ts'
import { fileOfKey } from '../../../adapters/storage/fs/key-path.ts'
import { tagKey } from '../../../src/engine/keys.ts'
import type { Tag } from '../../../src/oci/index.ts'
import { TAGGED, tagName } from './names.ts'

const [folder, count] = process.argv.slice(2) as [string, string]
const tags = Number(count)
const storage = await fs(folder)
await storage.close?.()
const fileOf = (i: number) => `${folder}/records/${fileOfKey(tagKey(TAGGED, tagName(i, tags) as Tag))}`
mkdirSync(dirname(fileOf(0)), { recursive: true })
for (let i = 0; i < tags; i++) writeFileSync(fileOf(i), '{}')
