import { expect, test } from 'vitest'
import { s3 } from '../../../adapters/storage/s3/index.ts'
import { createStore } from '../../../src/index.ts'
import { run } from '../../cli/run.ts'
import { fill, placeIn, REPO, spoil } from '../../engine/checking.ts'
import { harmAndHeal } from '../../engine/harms.ts'
import { bucketOptions, describeBucket } from '../../storage/s3/bucket.ts'
import { newBucketData, serveBucket } from './start.ts'

describeBucket('a check of a bucket', () => {
  test('finds each harm, which is mended or healed', { timeout: 60_000 }, async () => {
    await harmAndHeal(await s3(bucketOptions()))
  })

  test('by the command, while servers run', { timeout: 60_000 }, async () => {
    const bucket = newBucketData()
    await using _server = await serveBucket('node', bucket)
    const [, prefix = ''] = /^s3:\/\/[^/]+\/([^?]*)/.exec(bucket.data) ?? []
    const storage = await s3({ ...bucketOptions(), prefix })
    const all = await fill(createStore({ storage }))
    const check = (...args: string[]) => run(['check', '--data', bucket.data, ...args], bucket.env)
    expect(await check('--json')).toMatchObject({ code: 0, stderr: '' })
    await spoil(storage, await placeIn(storage, REPO, all.streamed), 'the other layer!')
    const { code, stdout } = await check('--repair')
    expect(code).toBe(1)
    expect(stdout).toContain(`blob-digest: ${REPO}@${all.streamed}: `)
    expect(stdout).toContain('(set aside)')
  })

  test('of which nothing answers has an exit code of its own', async () => {
    const { data, env } = newBucketData()
    const elsewhere = data.replace(/endpoint=[^&]*/, 'endpoint=http://127.0.0.1:1')
    const { code, stderr } = await run(['check', '--data', elsewhere], env)
    expect(code).toBe(2)
    expect(stderr).toMatch(/cannot be reached/)
  })
})
