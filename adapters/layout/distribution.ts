/**
 * What distribution keeps in a folder.
 * @module
 */

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { markFile } from '../../src/body.ts'
import {
  createDistribution,
  type Distribution,
  type DistributionFiles,
} from '../../src/distribution/index.ts'
import { RegistryError } from '../../src/oci/index.ts'
import { orNone } from './errors.ts'
import { spanOf } from './file-bytes.ts'

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
  const open: DistributionFiles['open'] = (path, span, call) =>
    markFile(spanOf(at(path), span, call), { path: at(path), ...span })
  const size: DistributionFiles['size'] = async (path) => {
    const found = await orNone(stat(at(path)))
    return found?.isFile() ? found.size : null
  }
  return {
    size,
    open,
    async read(path, limit, call) {
      const length = await size(path)
      if (length === null) return null
      if (length > limit)
        throw new RegistryError('SIZE_INVALID', `${path} has more than ${limit} bytes`, { status: 413 })
      if (length === 0) return new Uint8Array()
      return new Uint8Array(await new Response(open(path, { offset: 0, length }, call)).arrayBuffer())
    },
    async folders(path) {
      const entries = (await orNone(readdir(at(path), { withFileTypes: true }))) ?? []
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    },
  }
}
