import * as v from 'valibot'
import type { Distribution } from '../../../../../src/distribution/index.ts'
import { distributionFolder } from '../../../../layout/index.ts'
import { text } from '../../../input/fields.ts'
import { UsageError } from '../../../input/values.ts'
import { fetchesOf } from '../../storage.ts'
import { type Kind, kindOf } from '../kind.ts'
import { fileAt } from '../surroundings.ts'
import { accessEntries, bucketIn } from './s3.ts'

/** What CNCF distribution keeps in a folder or a bucket, to read. */
export const distribution: Kind = kindOf(
  () => ({ folder: v.optional(text), bucket: v.optional(text), ...accessEntries }),
  async ({ folder, bucket, ...access }, opening) => {
    if (bucket === undefined) return somethingIn(distributionFolder(fileAt(opening, folder!)), folder!)
    const { distributionBucket } = await import('../../../../storage/s3/index.ts')
    const options = { ...bucketIn({ bucket, ...access }, opening), ...(await fetchesOf()) }
    return somethingIn(distributionBucket(options), `the bucket ${bucket}`)
  },
  {
    is: ({ folder, bucket, ...access }) =>
      (folder === undefined) !== (bucket === undefined) &&
      (folder === undefined || Object.values(access).every((value) => value === undefined)),
    message: 'must have either folder, alone, or bucket',
  },
)

/** A wrong path or prefix would look like a registry without repositories. */
async function somethingIn(registry: Distribution, where: string): Promise<Distribution> {
  if (await registry.isThere()) return registry
  throw new UsageError(
    `distribution keeps nothing in ${where}`,
    'name the rootdirectory of its configuration',
  )
}
