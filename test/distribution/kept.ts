/** Files as distribution keeps them, made by hand. */

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Digest } from '../../src/oci/index.ts'
import type { Sample } from '../../src/testing/registry/samples.ts'
import type { Folder } from '../clients/process.ts'

/** What distribution would keep in a folder. */
export interface Kept {
  /** The folder of a digest: below `repositories` of a link, below `blobs` of the bytes. */
  linkAt(repo: string, kind: '_layers' | '_manifests/revisions', digest: Digest): string
  dataAt(digest: Digest): string
  blob(repo: string, blob: Sample): Promise<void>
  manifest(repo: string, manifest: Sample, ...tags: string[]): Promise<void>
  /** Writes any file below `docker/registry/v2`. */
  write(path: string, content: string | Uint8Array): Promise<void>
}

export function keptIn(folder: Pick<Folder, 'at'>): Kept {
  const at = (path: string): string => folder.at('docker/registry/v2', path)
  const write = async (path: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(at(path)), { recursive: true })
    await writeFile(at(path), content)
  }
  const [below, dataBelow] = [
    (repo: string, kind: string, digest: Digest) =>
      `repositories/${repo}/${kind}/${digest.replace(':', '/')}`,
    (digest: Digest) => `blobs/${digest.replace(':', '/').replace(/\/(..)/, '/$1/$1')}`,
  ]
  return {
    linkAt: (repo, kind, digest) => at(`${below(repo, kind, digest)}/link`),
    dataAt: (digest) => at(`${dataBelow(digest)}/data`),
    write,
    async blob(repo, { digest, bytes }) {
      await write(`${dataBelow(digest)}/data`, bytes)
      await write(`${below(repo, '_layers', digest)}/link`, digest)
    },
    async manifest(repo, { digest, bytes }, ...tags) {
      await write(`${dataBelow(digest)}/data`, bytes)
      await write(`${below(repo, '_manifests/revisions', digest)}/link`, digest)
      for (const tag of tags) {
        await write(`${below(repo, `_manifests/tags/${tag}/index`, digest)}/link`, digest)
        await write(`repositories/${repo}/_manifests/tags/${tag}/current/link`, digest)
      }
    },
  }
}
