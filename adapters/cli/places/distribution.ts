import type { Distribution } from '../../../src/distribution/index.ts'
import type { Env } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'

const SCHEME = 'distribution:'
const HINT = 'write the rootdirectory of its configuration, as in distribution:/var/lib/registry'

/** Whether a place is what distribution keeps. */
export function isDistribution(text: string): boolean {
  return text.startsWith(SCHEME)
}

/**
 * Opens what distribution keeps: `distribution:folder` or `distribution:s3://bucket/prefix`, as `--data` is written. Behind
 * it, after a slash, something in it may stand.
 * @throws {@link UsageError} where nothing is kept.
 */
export async function openDistribution(
  text: string,
  env: Env,
): Promise<{ readonly registry: Distribution; readonly below?: string }> {
  const rest = text.slice(SCHEME.length)
  const [, bucket, inBucket, search = ''] = /^(s3:\/\/[^/?#]*)\/?([^?]*)(\?.*)?$/is.exec(rest) ?? []
  const path = inBucket ?? rest
  for (const root of rootsOf(path, bucket !== undefined)) {
    const registry =
      bucket === undefined ? await openFolder(root) : await openBucket(`${bucket}/${root}${search}`, env)
    if (!(await registry.isThere())) continue
    const below = path.slice(root.length).replace(/^\/+|\/+$/g, '')
    return { registry, ...(below !== '' && { below }) }
  }
  throw new UsageError(`distribution keeps nothing in ${rest || 'a folder without a name'}`, HINT)
}

/** Where the rootdirectory may end: the longest comes first. */
function rootsOf(path: string, isBucket: boolean): string[] {
  const parts = path.replace(/\/+$/, '').split('/')
  const roots = parts.map((_, i) => parts.slice(0, parts.length - i).join('/'))
  if (!isBucket) return roots.filter((root) => root !== '')
  // No prefix has a tag or a pattern in it.
  return [...new Set([...roots, ''])].filter((root) => /^[\w./-]*$/.test(root))
}

async function openFolder(root: string): Promise<Distribution> {
  const { distributionFolder } = await import('../../layout/index.ts')
  return distributionFolder(root)
}

async function openBucket(data: string, env: Env): Promise<Distribution> {
  const { distributionBucket } = await import('../../storage/s3/index.ts')
  const { bucketOf, fetchesOf } = await import('../server/storage.ts')
  return distributionBucket({ ...bucketOf(data, env), ...(await fetchesOf()) })
}
