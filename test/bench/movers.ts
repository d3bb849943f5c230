/**
 * Commands that copy images.
 * @module
 */

import { join } from 'node:path'
import { CACHE, isExecutable, run, which } from './run.ts'

/** A command that copies an image from one registry to another, as `host/name:tag`. */
export interface Mover {
  readonly name: string
  readonly version: string
  /** The command, and what stands behind it. */
  command(from: string, to: string): readonly [string, readonly string[]]
}

const CRANE = 'v0.22.1'

/** Ours, and what else there is. @param bin Our command. */
export const MOVERS: Readonly<Record<string, (bin: string, version: string) => Promise<Mover>>> = {
  async ocikit(bin, version) {
    const copy = [bin, 'copy', '--quiet']
    return { name: 'ocikit', version, command: (from, to) => [process.execPath, [...copy, from, to]] }
  },
  async skopeo() {
    const skopeo = found('skopeo')
    const version = (await run(skopeo, ['--version'])).trim().split(' ').at(-1)!
    const copy = ['copy', '--quiet', '--src-tls-verify=false', '--dest-tls-verify=false']
    return {
      name: 'skopeo',
      version,
      command: (from, to) => [skopeo, [...copy, `docker://${from}`, `docker://${to}`]],
    }
  },
  async crane() {
    const crane = found('crane', join(CACHE, `crane-${CRANE}`, 'crane'))
    return { name: 'crane', version: CRANE, command: (from, to) => [crane, ['copy', '--insecure', from, to]] }
  },
}

function found(command: string, kept?: string): string {
  const path = which(command) ?? (kept !== undefined && isExecutable(kept) ? kept : undefined)
  if (path === undefined) throw new Error('not installed')
  return path
}
