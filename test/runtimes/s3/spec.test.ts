import { describeBucket } from '../../storage/s3/bucket.ts'
import { specOn } from '../table.ts'
import { newBucketData, serveBucket } from './start.ts'

for (const runtime of ['node', 'bun'] as const) {
  const name = `${runtime} with s3` as const
  describeBucket(`the specification on ${name}`, () => {
    specOn({
      name,
      start: ({ sparse }) => serveBucket(runtime, newBucketData(), ...(sparse ? ['--sparse'] : [])),
    })
  })
}
