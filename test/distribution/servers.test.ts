/** What real servers of distribution have kept, in folders and in buckets, is read as they themselves show it. */

import { mkdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { distributionFolder } from '../../adapters/layout/index.ts'
import { listen } from '../../adapters/node/testing.ts'
import { distributionBucket, type S3Options } from '../../adapters/storage/s3/index.ts'
import { createClient, type Client as RegistryClient } from '../../src/client/index.ts'
import { createStore, memory } from '../../src/index.ts'
import { DOCKER_MANIFEST, OCI_CONFIG, RegistryError } from '../../src/oci/index.ts'
import { defineRegistry, type Registry } from '../../src/registry.ts'
import { register } from '../../src/testing/register.ts'
import { blobTests } from '../../src/testing/registry/blobs.ts'
import { callTests } from '../../src/testing/registry/calls.ts'
import { contentTests } from '../../src/testing/registry/contents.ts'
import { deleteTests } from '../../src/testing/registry/deletes.ts'
import { listTests } from '../../src/testing/registry/lists.ts'
import { manifestTests } from '../../src/testing/registry/manifests.ts'
import { referrerTests } from '../../src/testing/registry/referrers.ts'
import { descriptorOf, manifestOf, type Sample, textOf } from '../../src/testing/registry/samples.ts'
import { all, scopeOf } from '../../src/testing/registry/scope.ts'
import { sync } from '../../src/transfer/index.ts'
import { PEERS } from '../bench/peers.ts'
import { run } from '../cli/run.ts'
import { OF_DISTRIBUTION, OF_VERSION_2, OF_VERSION_3 } from '../client/peer-skips.ts'
import { CLIENT } from '../client/skips.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { bucketOptions, hasBucket } from '../storage/s3/bucket.ts'
import { fill, makeImage, missingOf, type TestImage } from '../transfer/images.ts'

/** What of the contract of registries is about reading. */
const READS = {
  ...blobTests,
  ...contentTests,
  ...manifestTests,
  ...deleteTests,
  ...listTests,
  ...referrerTests,
  ...callTests,
}

/** What was pushed, and what of it was deleted again. */
interface Pushed {
  readonly image: TestImage
  /** Without the type in their bytes, or of Docker. */
  readonly others: readonly Sample[]
  readonly deleted: { readonly manifest: Sample; readonly blob: Sample }
}

async function push(client: RegistryClient): Promise<Pushed> {
  const image = await makeImage(1)
  await fill(client, 'team/app', image, ['v1', 'latest'])
  await fill(client, 'team/app-other', await makeImage(2), ['v2'])
  const config = await textOf('{}', OCI_CONFIG)
  const layer = await textOf('some layer')
  for (const { digest, bytes } of [config, layer]) await client.pushBlob('others', { digest }, bytes)
  const body = { config: descriptorOf(config), layers: [descriptorOf(layer)] }
  const untyped = await manifestOf(body, 'application/vnd.oci.image.manifest.v1+json')
  const docker = await manifestOf({ mediaType: DOCKER_MANIFEST, ...body }, DOCKER_MANIFEST)
  for (const [tag, { bytes, mediaType }] of Object.entries({ untyped, docker }))
    await client.pushManifest('others', bytes, mediaType, { tags: [tag] })
  const manifest = await manifestOf(
    { mediaType: DOCKER_MANIFEST, ...body, annotations: { deleted: 'yes' } },
    DOCKER_MANIFEST,
  )
  const blob = await textOf('a blob that is deleted')
  await client.pushBlob('others', { digest: blob.digest }, blob.bytes)
  await client.pushManifest('others', manifest.bytes, manifest.mediaType, { tags: ['deleted'] })
  await client.deleteManifest('others', manifest.digest)
  await client.deleteBlob('others', blob.digest)
  // A tag that has moved.
  await client.pushManifest('others', docker.bytes, docker.mediaType, { tags: ['untyped'] })
  await client.pushManifest('others', untyped.bytes, untyped.mediaType, { tags: ['untyped'] })
  return { image, others: [untyped, docker], deleted: { manifest, blob } }
}

/** Everything that a registry shows, by digests. */
async function shown(registry: Registry): Promise<string[]> {
  const lines: string[] = []
  for (const repo of await all(registry.repositories()))
    for (const tag of await all(registry.tags(repo))) {
      const { digest, mediaType } = await registry.resolveManifest(repo, tag)
      lines.push(`${repo}:${tag} ${mediaType} ${digest}`)
    }
  return lines.sort()
}

const SHOWN = [
  'others:docker application/vnd.docker.distribution.manifest.v2+json',
  'others:untyped application/vnd.oci.image.manifest.v1+json',
  'team/app-other:v2 application/vnd.oci.image.index.v1+json',
  'team/app:latest application/vnd.oci.image.index.v1+json',
  'team/app:v1 application/vnd.oci.image.index.v1+json',
]

const isList = (line: string): boolean => line.includes(':sha256-')

/** Reads what was pushed, and moves it to another registry. */
async function expectAll(registry: Registry, { image, others, deleted }: Pushed): Promise<void> {
  const lines = await shown(registry)
  // Without a list of referrers the client has kept one under a tag for each subject.
  const [own, lists] = [lines.filter((line) => !isList(line)), lines.filter(isList)]
  expect(own.map((line) => line.replace(/ sha256:.*/, ''))).toEqual(SHOWN)
  expect(lists).toHaveLength(6)
  const moved = createStore({ storage: memory() })
  expect(await sync(registry, moved, { referrers: true })).toMatchObject({ copied: 11, failed: 0 })
  expect(await shown(moved)).toEqual(lines)
  const whole = { blobs: image.blobs, manifests: [...image.images, image.index, ...image.referrers] }
  for (const each of [registry, moved]) {
    expect(await missingOf(each, 'team/app', whole)).toEqual([])
    expect(await missingOf(each, 'others', { manifests: others })).toEqual([])
  }
  const codeOf = (promise: Promise<unknown>) =>
    promise.catch((error: unknown) => (error instanceof RegistryError ? error.code : error))
  expect(await codeOf(registry.getManifest('others', deleted.manifest.digest))).toBe('MANIFEST_UNKNOWN')
  expect(await codeOf(registry.getManifest('others', 'deleted'))).toBe('MANIFEST_UNKNOWN')
  expect(await codeOf(registry.resolveBlob('others', deleted.blob.digest))).toBe('BLOB_UNKNOWN')
  expect(await codeOf(registry.resolveBlob('others', image.blobs[0]!.digest))).toBe('BLOB_UNKNOWN')
}

for (const [name, own] of [
  ['docker-registry', OF_VERSION_2],
  ['distribution', OF_VERSION_3],
] as const) {
  const found = await PEERS[name]!(false).catch((error: Error) => error.message)
  if (typeof found === 'string') {
    console.warn(`skipped: what ${name} keeps, ${found}`)
    describe.skip(`what ${name} keeps (${found})`, () => {})
    continue
  }
  describe(`what ${name} ${found.version} keeps`, () => {
    let folder: Folder
    beforeAll(async () => {
      folder = await temporaryFolder()
      for (const each of ['data', 'suite', 'bucket']) await mkdir(folder.at(each))
    })
    afterAll(() => folder?.remove())

    test('in a folder is there when it is stopped, and moves by the command', async () => {
      let pushed: Pushed
      {
        await using server = await found.start(folder.at('data'))
        pushed = await push(createClient(server.url))
      }
      const data = folder.at('data/registry')
      await expectAll(distributionFolder(data), pushed)
      await using here = await listen()
      const env = { DOCKER_CONFIG: folder.path }
      const synced = await run(['sync', '--referrers', `distribution:${data}`, `${here.host}/moved`], env)
      expect(synced).toMatchObject({ code: 0, stderr: '' })
      expect(synced.stdout).toContain('3 repositories: 11 copied, 0 were there, 0 failed')
      expect((await here.registry.resolveManifest('moved/team/app', 'v1')).digest).toBe(
        pushed.image.index.digest,
      )
      const tree = ['tree', '--json', `distribution:${data}/team/app:v1`]
      const [there, moved] = [
        await run(tree, env),
        await run(['tree', '--json', `${here.host}/moved/team/app:v1`], env),
      ]
      expect(there.stdout).toContain(pushed.image.referrers[2]!.digest)
      expect(JSON.parse(there.stdout)).toEqual(JSON.parse(moved.stdout))
    })

    test.skipIf(!hasBucket)('in a bucket is there when it is stopped, and moves by the command', async () => {
      const { endpoint, bucket, region = '', prefix, credentials } = bucketOptions()
      const peer = await PEERS[name]!(false, () => ({
        s3: {
          accesskey: credentials.accessKeyId,
          secretkey: credentials.secretAccessKey,
          region,
          regionendpoint: endpoint,
          forcepathstyle: true,
          bucket,
          secure: endpoint.startsWith('https:'),
          rootdirectory: `/${prefix}`,
        },
        redirect: { disable: true },
      }))
      let pushed: Pushed
      {
        await using server = await peer.start(folder.at('bucket'))
        pushed = await push(createClient(server.url))
      }
      const options: S3Options = { endpoint, bucket, region, prefix, credentials }
      await expectAll(distributionBucket(options), pushed)
      const place = `distribution:s3://${bucket}/${prefix}?${new URLSearchParams({ endpoint, region })}`
      const env = {
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      }
      expect(await run(['repos', place], env)).toEqual({
        code: 0,
        stdout: 'others\nteam/app\nteam/app-other\n',
        stderr: '',
      })
      const { stdout } = await run(['tags', place.replace('?', '/team/app?')], env)
      expect(stdout).toMatch(/^latest\n(sha256-\w+\n){3}v1\n$/)
    })

    describe('spoken to by its own server, and read in its folder', () => {
      let server: Awaited<ReturnType<typeof found.start>>
      beforeAll(async () => {
        server = await found.start(folder.at('suite'))
      })
      afterAll(() => server?.[Symbol.asyncDispose]())
      const make = async () => {
        const client = createClient(server.url, { retry: { firstDelay: 1 } })
        const read = distributionFolder(folder.at('suite/registry'))
        const { getBlob, resolveBlob, getManifest, resolveManifest, tags, repositories, referrers } = read
        const reads = { getBlob, resolveBlob, getManifest, resolveManifest, tags, repositories, referrers }
        const registry = defineRegistry({ ...client, ...reads })
        return { scope: (given: typeof expect) => scopeOf(registry, given), dispose: undefined }
      }
      const skip = [...CLIENT, ...OF_DISTRIBUTION, ...own].filter((each) => each.test in READS)
      register({ test, expect }, READS, make, skip)
    })
  })
}
