import { Miniflare } from 'miniflare'
import type { R2Bucket } from '../../adapters/storage/r2/index.ts'

/** An empty bucket of R2, as the emulator of Cloudflare has it, without a Worker. */
export async function startBucket(): Promise<{ bucket: R2Bucket; dispose(): Promise<void> }> {
  const miniflare = new Miniflare({
    modules: true,
    script: 'export default {}',
    compatibilityDate: '2026-07-30',
    r2Buckets: ['BUCKET'],
  })
  const bucket = (await miniflare.getR2Bucket('BUCKET')) as unknown as R2Bucket
  return { bucket, dispose: () => miniflare.dispose() }
}
