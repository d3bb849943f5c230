/**
 * The work tree and a git ref as subjects.
 * @module
 */

import { spawnSync } from 'node:child_process'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.ts'
import { atEnd, temporaryFolder } from './scratch.ts'
import { ocikitOf, ROOT, type Subject } from './subject.ts'

/** Two source trees with the same dependencies. The other one is removed at the end of this process. */
export async function compareWith(ref: string, build: boolean): Promise<Subject[]> {
  const git = (...args: string[]) => run('git', ['-C', ROOT, ...args])
  const commit = (await git('rev-parse', '--short', '--verify', `${ref}^{commit}`)).trim()
  const changed = (await git('status', '--porcelain', '--', 'src', 'adapters', 'package.json')).trim() !== ''
  const here = (await git('rev-parse', '--short', 'HEAD')).trim()
  const folder = temporaryFolder()
  const tree = join(folder.path, 'tree')
  atEnd(() => spawnSync('git', ['-C', ROOT, 'worktree', 'remove', '--force', tree]))
  await git('worktree', 'add', '--detach', '--quiet', tree, commit)
  await symlink(join(ROOT, 'node_modules'), join(tree, 'node_modules'), 'dir')
  return [
    await ocikitOf(ROOT, 'work tree', changed ? `${here} with changes` : here, build),
    await ocikitOf(tree, ref, commit === here && !changed ? `${commit}, the same` : commit, build),
  ]
}
