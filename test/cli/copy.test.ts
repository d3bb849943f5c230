import { readFile, stat } from 'node:fs/promises'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ListeningRegistry, listen } from '../../adapters/node/testing.ts'
import { users } from '../../src/index.ts'
import { run as execute, type Folder, temporaryFolder } from '../clients/process.ts'
import { fill, listed, makeImage, missingOf, type TestImage } from '../transfer/images.ts'
import { run } from './run.ts'

let here: ListeningRegistry
let there: ListeningRegistry
let folder: Folder
let image: TestImage

beforeAll(async () => {
  image = await makeImage(1)
})
beforeEach(async () => {
  folder = await temporaryFolder()
  here = await listen()
  there = await listen()
  await fill(here.registry, 'team/app', image, ['v1', 'latest'])
})
afterEach(async () => {
  await Promise.all([here.close(), there.close()])
  await folder.remove()
})

const at = (name: string) => `${here.host}/${name}`
const to = (name: string) => `${there.host}/${name}`
/** Without the credentials of whoever runs this. */
const ocikit = (...args: string[]) => run(args, { DOCKER_CONFIG: folder.path })
const wholeOf = ({ images, index }: TestImage) => ({ manifests: [...images, index] })

/** Runs it, and expects that all goes well. */
async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await ocikit(...args)
  expect([code, code === 0 ? '' : stderr]).toEqual([0, ''])
  return stdout
}

describe('ocikit copy', () => {
  test('between registries, with a line for each part and one for the end', async () => {
    const { code, stdout, stderr } = await ocikit('copy', at('team/app:v1'), to('copy'))
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`^${image.index.digest}  v1  3 manifests, 5 blobs, \\S+ \\w+\n$`))
    expect(stderr.trim().split('\n')).toHaveLength(8)
    expect(await missingOf(there.registry, 'copy', wholeOf(image))).toEqual([])
    expect(await ok('copy', '--quiet', at('team/app:v1'), to('copy'))).toMatch(/1 were there\n$/)
  })

  test('of one platform, with more tags, as JSON', async () => {
    const flags = ['--platform', 'linux/arm64', '--tag', 'stable', '--json']
    const copied = JSON.parse(await ok('copy', ...flags, at('team/app'), to('copy:arm'))) as object
    expect(copied).toMatchObject({
      tags: ['arm', 'stable'],
      manifests: 1,
      descriptor: { digest: image.images[1].digest },
    })
  })

  test('through a folder and an archive, with what refers to it', async () => {
    const [dir, file] = [`oci:${folder.at('layout')}`, `tar:${folder.at('image.tar')}:v1`]
    await ok('copy', '--referrers', at('team/app:v1'), dir)
    await ok('copy', '--referrers', `${dir}:v1`, file)
    await ok('copy', '--referrers', file, to('copy:v2'))
    expect(
      await missingOf(there.registry, 'copy', { manifests: [...image.images, ...image.referrers] }),
    ).toEqual([])
    expect(await listed(there.registry.tags('copy'))).toEqual(['v2'])
    // Whoever names no tag gets the one that there is.
    await ok('copy', `tar:${folder.at('image.tar')}`, to('again'))
    expect(await listed(there.registry.tags('again'))).toEqual(['v1'])
  })

  test('to and from a registry that wants a password', async () => {
    await using closed = await listen({ auth: users([{ name: 'ann', password: 'secret' }]) })
    const auth = Buffer.from('ann:secret').toString('base64')
    const env = {
      DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [closed.host]: { auth } } }),
      DOCKER_CONFIG: folder.path,
    }
    const refused = await ocikit('copy', at('team/app:v1'), `${closed.host}/app`)
    expect([refused.code, refused.stderr]).toMatchObject([1, expect.stringContaining('ocikit: ')])
    expect((await run(['copy', at('team/app:v1'), `${closed.host}/app`], env)).code).toBe(0)
  })

  test('with --insecure, also where there is no TLS', async () => {
    await ok('copy', '--insecure', at('team/app:v1'), to('copy'))
    await ok('copy', '--plain-http', '--parts', '4', at('team/app:v1'), to('other'))
    expect(await listed(there.registry.repositories())).toEqual(['copy', 'other'])
  })
})

test.each([
  [['copy'], 'copy takes a source and a destination'],
  [['copy', 'one'], 'copy takes a source and a destination'],
  [['copy', '--platform', 'arm', 'a', 'b'], '--platform: "arm" is no platform'],
  [['copy', '--concurrency', 'many', 'a', 'b'], '--concurrency must be a number'],
  [['copy', '--tag', '///', 'a', 'b'], '--tag must be a tag'],
  [['copy', 'UPPER/case', 'b'], 'invalid repository name'],
  [['copy', 'oci:', 'b'], 'names no folder'],
  [['copy', 'oci:nowhere:v1', 'b'], 'there is no nowhere'],
  [['copy', '--nonsense', 'a', 'b'], "Unknown option '--nonsense'"],
  [['sync', 'a'], 'sync takes a source and a destination'],
  [['sync', 'localhost:1', 'tar:x'], 'an archive is no registry'],
  [['sync', '--tag', '///', 'localhost:1', 'localhost:2'], '--tag must be a tag'],
  [['tags'], 'tags takes a repository'],
  [['repos', 'localhost:1/a'], 'repos takes a registry'],
  [['inspect'], 'inspect takes an image'],
  [['blob', 'localhost:1/a:v1'], 'blob takes a digest'],
  [['tag', 'localhost:1/a:v1', '...'], 'tag takes an image and the tags to set'],
  [['rm', 'localhost:1/a'], 'rm takes a tag or a digest'],
])('%j is wrong use', async (args, message) => {
  const { code, stdout, stderr } = await ocikit(...args)
  expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2])
  expect(stderr).toContain(message)
})

test('a password that is written before a host is not shown', async () => {
  for (const place of ['https://ann:secret@host/app', 'ann:secret@host/app:v1']) {
    for (const command of ['copy', 'sync']) {
      const { code, stderr } = await ocikit(command, place, `oci:${folder.at('to')}`)
      expect([code, stderr]).toEqual([2, expect.not.stringContaining('secret')])
      expect((await ocikit(command, at('team/app'), place)).stderr).not.toContain('secret')
    }
  }
})

test('every command tells how it is used', async () => {
  for (const name of ['copy', 'sync', 'tags', 'repos', 'inspect', 'manifest', 'blob', 'tree', 'tag', 'rm'])
    expect(await ok(name, '--help')).toMatch(new RegExp(`^Usage: ocikit ${name} `))
})

describe('what others refuse is exit code 1, in one line:', () => {
  test.each([
    ['an image that is not there', () => ['copy', at('team/app:v9'), to('copy')]],
    [
      'a platform that is not there',
      () => ['copy', '--platform', 'linux/s390x', at('team/app:v1'), to('copy')],
    ],
    ['a registry that is not there', () => ['tags', 'localhost:1/app']],
    ['a tag that is not there', () => ['rm', at('team/app:v9')]],
  ])(
    '%s',
    async (_, args) => {
      const { code, stderr } = await ocikit(...args())
      expect([code, stderr.split('\n').length]).toEqual([1, 2])
    },
    90_000,
  )
})

describe('ocikit sync', () => {
  test('copies what is wanted, and tells', async () => {
    const told = await ok('sync', '--tag', 'v*', here.host, to('mirror'))
    expect(told).toBe(
      'copied   team/app:v1 -> mirror/team/app\n1 repositories: 1 copied, 0 were there, 0 failed\n',
    )
    expect(await ok('sync', '--quiet', '--dry-run', at('team/*'), to('mirror'))).toBe(
      '1 repositories: 1 would be copied, 1 were there, 0 failed\n',
    )
    expect(await listed(there.registry.tags('mirror/team/app'))).toEqual(['v1'])
  })

  test('into a folder with a layout for each repository, and out of it', async () => {
    await ok('sync', here.host, `oci:${folder.at('backup')}`)
    expect(await ok('repos', `oci:${folder.at('backup')}`)).toBe('team/app\n')
    expect(await ok('tags', `oci:${folder.at('backup', 'team', 'app')}`)).toBe('latest\nv1\n')
    await ok('sync', '--json', `oci:${folder.at('backup')}`, there.host)
    expect(await missingOf(there.registry, 'team/app', wholeOf(image))).toEqual([])
  })

  test('says with its exit code that something failed', async () => {
    const { code, stdout } = await ocikit('sync', at('nothing'), there.host)
    expect([code, stdout.split('\n')[0]]).toEqual([1, expect.stringContaining('failed   nothing')])
  })
})

describe('what is somewhere:', () => {
  test('repositories and tags', async () => {
    expect(await ok('repos', here.host)).toBe('team/app\n')
    expect(await ok('tags', at('team/app'))).toBe('latest\nv1\n')
    expect(JSON.parse(await ok('tags', '--json', at('team/app')))).toEqual(['latest', 'v1'])
  })

  test('an image', async () => {
    const told = await ok('inspect', at('team/app:v1'))
    expect(told).toContain(`digest    ${image.index.digest}\n`)
    expect(told).toContain('platform  linux/arm64\n')
    const one = JSON.parse(
      await ok('inspect', '--platform', 'linux/amd64', '--json', at('team/app:v1')),
    ) as object
    expect(one).toMatchObject({
      digest: image.images[0].digest,
      tag: 'v1',
      config: { os: 'linux' },
      platforms: [],
    })
    expect(await ok('manifest', at('team/app:v1'))).toBe(new TextDecoder().decode(image.index.bytes))
  })

  test('a blob, in a file and through a pipe', async () => {
    const { digest, bytes } = image.blobs[0]!
    await ok('blob', '--output', folder.at('blob'), at(`team/app@${digest}`))
    expect((await readFile(folder.at('blob'))).equals(bytes)).toBe(true)
    expect(JSON.parse(await ok('blob', '--json', at(`team/app@${digest}`)))).toMatchObject({
      size: bytes.length,
    })
    const bin = new URL('../../adapters/cli/bin.ts', import.meta.url).pathname
    const script = `"${process.execPath}" "${bin}" blob ${at(`team/app@${digest}`)} > "${folder.at('piped')}"`
    expect(await execute('sh', ['-c', script])).toMatchObject({ status: 0, stderr: '' })
    expect((await stat(folder.at('piped'))).size).toBe(bytes.length)
  })

  test('a tree of images and what refers to them, the same in a registry and in a folder', async () => {
    const [signature, stamp, list] = image.referrers.map(({ digest }) => digest)
    const [amd, arm] = image.images.map(({ digest }) => digest)
    const tree = [
      image.index.digest,
      `  ${amd}  linux/amd64`,
      `  ${arm}  linux/arm64`,
      `    <- ${list}  test/list`,
      `  <- ${signature}  test/signature`,
      `    <- ${stamp}  test/stamp`,
    ]
    expect((await ok('tree', at('team/app:v1'))).trimEnd().split('\n').slice(1)).toEqual(tree)
    await ok('copy', '--referrers', at('team/app:v1'), `oci:${folder.at('layout')}`)
    expect((await ok('tree', `oci:${folder.at('layout')}:v1`)).trimEnd().split('\n').slice(1)).toEqual(tree)
    expect(JSON.parse(await ok('tree', '--json', at('team/app:v1')))).toMatchObject({
      manifests: [{ platform: 'linux/amd64' }, { referrers: [{ artifactType: 'test/list' }] }],
    })
  })
})

describe('tags', () => {
  test('are set and removed, in registries, folders and archives', async () => {
    // The registry last: there the image is removed, which the others get.
    for (const place of [`oci:${folder.at('layout')}`, `tar:${folder.at('image.tar')}`, at('team/app')]) {
      if (place !== at('team/app')) await ok('copy', at('team/app:v1'), `${place}:v1`)
      await ok('tag', `${place}:v1`, 'v2', 'v3')
      await ok('rm', `${place}:v2`)
      expect(
        (await ok('tags', place))
          .trim()
          .split('\n')
          .filter((tag) => tag !== 'latest'),
      ).toEqual(['v1', 'v3'])
      await ok('rm', '--all', `${place}:v1`)
      const { stdout } = await ocikit('tags', place)
      expect(stdout).toBe('')
    }
  })
})
