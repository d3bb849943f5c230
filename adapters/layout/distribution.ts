/**
 * What distribution keeps in a folder.
 * @module
 */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { markFile } from '../../src/body.ts'
import {
  createDistribution,
  type Distribution,
  type DistributionFiles,
} from '../../src/distribution/index.ts'
import { orNone } from './errors.ts'
import { readSmall, sizeOf, spanOf } from './file-bytes.ts'

/**
 * What CNCF distribution keeps in a folder, as a registry to read.
 * @param path Its `rootdirectory`, which holds `docker/registry/v2`: `/var/lib/registry`, or `/var/lib/docker-registry` on
 *   Debian.
 */
export function distributionFolder(path: string): Distribution {
  return createDistribution(filesIn(path))
}

function filesIn(folder: string): DistributionFiles {
  const at = (path: string): string => join(folder, path)
  return {
    size: (path) => sizeOf(at(path)),
    read: (path, limit, call) => readSmall(folder, path, limit, call),
    open: (path, span, call) => markFile(spanOf(at(path), span, call), { path: at(path), ...span }),
    async folders(path) {
      const entries = (await orNone(readdir(at(path), { withFileTypes: true }))) ?? []
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    },
  }
}
