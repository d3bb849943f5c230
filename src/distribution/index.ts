/**
 * What CNCF distribution keeps as a registry to read, over files wherever they are: `distributionFolder` of
 * `ocikit/layout/fs` reads a folder, `distributionBucket` of `ocikit/storage/s3` a bucket.
 * @module
 */

export { createDistribution, type Distribution } from './distribution.ts'
export type { DistributionFiles } from './files.ts'
