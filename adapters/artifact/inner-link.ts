import { posix } from 'node:path'

/**
 * Whether a link leads to something below `root`, whichever links are on the way: relative, and up only at its beginning.
 * From a folder that is none itself, up and then down over links of this kind never leads out.
 *
 * @param path Of the link, with slashes, as `root` is.
 */
export function isInnerLink(root: string, path: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || /^[a-z]:|[\\\0]/i.test(target)) return false
  const parts = target.split('/')
  const down = parts.findIndex((part) => part !== '..' && part !== '.' && part !== '')
  if (down >= 0 && parts.slice(down).includes('..')) return false
  return isBelow(root, posix.join(posix.dirname(path), target))
}

/** Whether a path without needless parts is `root` or leads below it. What is called `.` is where all paths begin. */
export function isBelow(root: string, path: string): boolean {
  if (root === '.') return path !== '..' && !path.startsWith('../')
  return path === root || path.startsWith(`${root}/`)
}
