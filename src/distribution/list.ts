/**
 * Lists of what distribution keeps. It has none of its own: folders are listed whole and sorted.
 * @module
 */

import { isName, isTag, RegistryError } from '../oci/index.ts'
import type { CallOptions, Lister, ListOptions } from '../registry.ts'
import type { DistributionFiles } from './files.ts'
import { linkIn, REPOSITORIES, revisionsFolder, tagsFolder } from './paths.ts'

/** The part of a registry that lists names. */
export function namesOf(files: DistributionFiles): Pick<Lister, 'tags' | 'repositories'> {
  return {
    async *tags(repo, { after = '', limit, ...call } = {}) {
      call.signal?.throwIfAborted()
      const tags = (await files.folders(tagsFolder(repo), call)).filter(isTag)
      if (tags.length === 0 && !(await isRepository(files, repo, call)))
        throw new RegistryError('NAME_UNKNOWN', 'there is no repository of this name', {
          detail: { name: repo },
        })
      yield* tags
        .filter((tag) => tag > after)
        .sort()
        .slice(0, limit)
    },
    async *repositories({ after = '', limit = Number.POSITIVE_INFINITY, ...call }: ListOptions = {}) {
      if (limit < 1) return
      let count = 0
      for await (const name of namesBelow(files, '', after, call)) {
        if (!isName(name) || !(await isRepository(files, name, call))) continue
        yield name
        if (++count >= limit) return
      }
    },
  }
}

/** All folders that may be repositories, bytewise ascending, strictly after one. */
async function* namesBelow(
  files: DistributionFiles,
  parent: string,
  after: string,
  call: CallOptions,
): AsyncGenerator<string, void, void> {
  call.signal?.throwIfAborted()
  const folders = await files.folders(
    `${REPOSITORIES}${parent === '' ? '' : `/${parent.slice(0, -1)}`}`,
    call,
  )
  const names = folders.filter((name) => !name.startsWith('_'))
  // "a" stands before "a-b", and that before "a/b": a repository and what is below it have two places.
  for (const place of names.flatMap((name) => [name, `${name}/`]).sort()) {
    const path = parent + place
    if (!place.endsWith('/')) {
      if (path > after) yield path
    } else if (path > after || after.startsWith(path)) {
      yield* namesBelow(files, path, after, call)
    }
  }
}

/** Whether a manifest was pushed to it, and is there. */
async function isRepository(files: DistributionFiles, repo: string, call: CallOptions): Promise<boolean> {
  const revisions = revisionsFolder(repo)
  for (const algorithm of await files.folders(revisions, call)) {
    for (const encoded of await files.folders(`${revisions}/${algorithm}`, call)) {
      call.signal?.throwIfAborted()
      if ((await linkIn(files, `${revisions}/${algorithm}/${encoded}`, call)) !== null) return true
    }
  }
  return false
}
