/** Layouts, archives and what distribution keeps, as registries of `ocikit serve --config`: each alone, and nested. */

import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { folderLayout, tarLayout } from '../../adapters/layout/index.ts'
import { createStore, memory } from '../../src/index.ts'
import { indexOf, textOf } from '../../src/testing/registry/samples.ts'
import { all, scopeOf } from '../../src/testing/registry/scope.ts'
import { copy } from '../../src/transfer/index.ts'
import { keptIn } from '../distribution/kept.ts'
import { bucketOptions, describeBucket } from '../storage/s3/bucket.ts'
import { fill, makeImage, missingOf } from '../transfer/images.ts'
import { run } from './run.ts'
import { configurations } from './serving.ts'

const { at, file, withServed } = configurations()
const wholeOf = ({ blobs, images, index, referrers }: Awaited<ReturnType<typeof makeImage>>) => ({
  blobs,
  manifests: [...images, index, ...referrers],
})

test('layout: a folder with one for each repository, from one run to the next', async () => {
  const registry = { kind: 'layout', folder: 'layouts' }
  const image = await makeImage(1)
  const large = await textOf('x'.repeat(900_000))
  await withServed(registry, async (client) => {
    await fill(client, 'team/app', image)
    await client.pushBlob('team/app', { digest: large.digest }, large.bytes)
  })
  expect(existsSync(at('layouts/team/app/index.json'))).toBe(true)
  // What was being written is tidied away.
  expect(existsSync(at('layouts/team/app/.ocikit'))).toBe(false)
  await withServed(registry, async (client) => {
    expect(await all(client.repositories())).toEqual(['team/app'])
    expect(await missingOf(client, 'team/app', wholeOf(image))).toEqual([])
    await scopeOf(client, expect).expectBlob(large, 'team/app')
    const part = await client.getBlob('team/app', large.digest, { range: { first: 1, last: 800_000 } })
    expect((await part.bytes()).length).toBe(800_000)
    const found = await all(client.referrers('team/app', image.index.digest))
    expect(found.map(({ descriptor }) => descriptor.digest)).toEqual([image.referrers[0]!.digest])
  })
})

test('layout: a folder that is the layout of one repository', async () => {
  const registry = { kind: 'layout', folder: 'one', repository: 'team/app' }
  const image = await makeImage(2)
  await withServed(registry, async (client) => {
    await fill(client, 'team/app', image)
    await scopeOf(client, expect).expectCode(client.startUpload('team/other'), 'NAME_UNKNOWN')
    expect(await all(client.repositories())).toEqual(['team/app'])
  })
  await using layout = folderLayout(at('one'))
  expect((await layout.resolveManifest('layout', 'v1')).digest).toBe(image.index.digest)
})

test('layout: an archive, to read', async () => {
  const image = await makeImage(3)
  const store = createStore({ storage: memory() })
  await fill(store, 'app', image)
  {
    await using archive = await tarLayout(at('image.tar'), { write: true })
    const to = { registry: archive, repository: 'layout' }
    await copy({ registry: store, repository: 'app', reference: 'v1' }, to, { referrers: true })
  }
  await withServed({ kind: 'layout', file: 'image.tar', repository: 'team/app' }, async (client) => {
    expect(await all(client.tags('team/app'))).toEqual(['v1'])
    expect(await missingOf(client, 'team/app', wholeOf(image))).toEqual([])
    await scopeOf(client, expect).expectCode(client.deleteTag('team/app', 'v1'), 'UNSUPPORTED')
  })
})

test('distribution: a folder, to read', async () => {
  const index = await indexOf([])
  await keptIn({ at: (...names) => at(`kept/${names.join('/')}`) }).manifest('a/b', index, 'v1')
  await withServed({ kind: 'distribution', folder: 'kept' }, async (client) => {
    const scope = scopeOf(client, expect)
    expect(await all(client.repositories())).toEqual(['a/b'])
    await scope.expectManifest('v1', index, 'a/b')
    await scope.expectCode(client.startUpload('a/b'), 'UNSUPPORTED')
  })
})

test('each within others: new pushes here, what an old registry kept, and releases in layouts', async () => {
  const index = await indexOf([], { annotations: { old: 'yes' } })
  await keptIn({ at: (...names) => at(`old/${names.join('/')}`) }).manifest('app', index, 'v1')
  const moved = {
    kind: 'unify',
    write: 'first',
    registries: [{ kind: 'memory' }, { kind: 'distribution', folder: 'old' }],
  }
  const hosts = { moved, releases: { kind: 'immutable', registry: { kind: 'layout', folder: 'releases' } } }
  await withServed({ kind: 'route', hosts }, async (client) => {
    const scope = scopeOf(client, expect)
    await scope.expectManifest('v1', index, 'moved/app')
    const newer = await scope.pushIndex(['v2'], {}, 'moved/app')
    expect(await all(client.tags('moved/app'))).toEqual(['v1', 'v2'])
    await scope.expectManifest('v2', newer, 'moved/app')
    await scope.pushIndex(['v1'], {}, 'releases/app')
    await scope.expectCode(client.deleteTag('releases/app', 'v1'), 'DENIED')
    expect(await all(client.repositories())).toEqual(['moved/app', 'releases/app'])
  })
})

describeBucket('distribution in a bucket', () => {
  test('where nothing is kept it is told', async () => {
    const { endpoint, bucket, region = '', prefix, credentials } = bucketOptions()
    const { accessKeyId, secretAccessKey } = credentials
    const registry = { kind: 'distribution', bucket, endpoint, region, prefix }
    const path = await file('bucket.json', { registry })
    const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
    const { code, stderr } = await run(['serve', '--port', '0', '--config', path], env)
    expect(stderr).toContain(`registry: distribution keeps nothing in the bucket ${bucket}`)
    expect(code).toBe(2)
  })
})

test.each<[string, object]>([
  ['registry: must have exactly one of folder and file', { kind: 'layout' }],
  ['registry: must have exactly one of folder and file', { kind: 'layout', folder: 'a', file: 'b' }],
  ['registry.repository: must be the name', { kind: 'layout', folder: 'a', repository: 'A B' }],
  ['registry: there is no file', { kind: 'layout', file: 'none.tar' }],
  ['registry: must have either folder, alone, or bucket', { kind: 'distribution' }],
  ['registry: must have either folder, alone, or bucket', { kind: 'distribution', folder: 'a', prefix: 'b' }],
  ['registry: distribution keeps nothing in', { kind: 'distribution', folder: 'empty' }],
  ['registry: a bucket needs credentials', { kind: 'distribution', bucket: 'images' }],
])('%s', async (message, registry) => {
  await mkdir(at('empty'), { recursive: true })
  const path = await file('wrong.json', { registry })
  const { code, stdout, stderr } = await run(['serve', '--port', '0', '--config', path])
  expect(stderr).toContain(`--config ${path}: ${message}`)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})

test('places of the command: what distribution keeps is found in its path, and only read', async () => {
  const index = await indexOf([], { annotations: { place: 'yes' } })
  const there = keptIn({ at: (...names) => at(`place/${names.join('/')}`) })
  await there.manifest('team/app', index, 'v1')
  const place = `distribution:${at('place')}`
  const outcome = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(args, { DOCKER_CONFIG: at('') })
    return [code, code === 0 ? stdout : stderr]
  }
  expect(await outcome('repos', place)).toEqual([0, 'team/app\n'])
  expect(await outcome('tags', `${place}/team/app`)).toEqual([0, 'v1\n'])
  expect(await outcome('manifest', `${place}/team/app:v1`)).toEqual([
    0,
    new TextDecoder().decode(index.bytes),
  ])
  const byDigest = await outcome('manifest', `${place}/team/app@${index.digest}`)
  expect(byDigest).toEqual([0, new TextDecoder().decode(index.bytes)])
  expect((await outcome('copy', `${place}/team/app:v1`, `oci:${at('copied')}:v1`))[0]).toBe(0)
  expect((await outcome('sync', `${place}/team/**`, `oci:${at('synced')}`))[1]).toContain(
    'copied   team/app:v1',
  )
  for (const [part, ...args] of [
    ['can only be read', 'copy', `oci:${at('copied')}:v1`, `${place}/team/app:v2`],
    ['can only be read', 'sync', `oci:${at('synced')}`, place],
    ['can only be read', 'rm', `${place}/team/app:v1`],
    ['names no repository', 'tags', place],
    ['keeps nothing in', 'repos', `distribution:${at('empty-place')}`],
    ['keeps nothing in', 'repos', 'distribution:'],
    ['a bucket needs credentials', 'repos', 'distribution:s3://bucket/prefix'],
    ['name', 'tags', `${place}/TEAM`],
  ]) {
    const [code, stderr] = await outcome(...args)
    expect([code, stderr]).toEqual([2, expect.stringContaining(part!)])
  }
})

test('what others call their tags does not control the terminal', async () => {
  const there = keptIn({ at: (...names) => at(`rude/${names.join('/')}`) })
  const config = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: `sha256:${'0'.repeat(64)}`,
    size: 2,
  }
  const rude = { os: 'linux\u001b]52;c;cm0=\u0007', architecture: 'amd64\u202e' }
  const child = { ...config, mediaType: 'application/vnd.oci.image.manifest.v1+json', platform: rude }
  await there.manifest('a', await indexOf([], { manifests: [child] }), 'v1')
  for (const command of ['inspect', 'tree']) {
    const { code, stdout } = await run([command, `distribution:${at('rude')}/a:v1`])
    expect([code, stdout]).toEqual([0, expect.stringContaining('linux\ufffd]52')])
    expect(stdout).not.toMatch(/[^\P{C}\n]/u)
  }
})
