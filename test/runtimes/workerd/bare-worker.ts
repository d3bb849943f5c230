/** A registry as it stands in the README: without the Worker's face. */

import { type R2Bucket, r2 } from '../../../adapters/storage/r2/index.ts'
import { ocikit, open } from '../../../src/index.ts'

export default ocikit({ storage: (env: { BUCKET: R2Bucket }) => r2(env.BUCKET), auth: open() })
