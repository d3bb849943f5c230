import {
  blobAt,
  finish,
  manifestAt,
  pushBlob,
  pushed,
  pushImage,
  putManifest,
  referrersAt,
  send,
  startUpload,
  tagsAt,
  uploadsAt,
} from '../api.ts'
import * as check from '../check.ts'
import { bareIndex, blob, simpleImage, unknownDigest, word } from '../data.ts'
import { sentAway } from '../slashes.ts'
import type { Row, Target } from '../target.ts'

const DIGEST = unknownDigest()
const BAD_NAMES = [
  'UPPER',
  'a//b',
  '-a',
  'a-',
  '.a',
  'a.',
  'a..b',
  'a___b',
  'a._b',
  'a_',
  'a/b-',
  'a/-b',
  'a b',
  'a:b',
  'a@b',
  'é',
  'a%00b',
  '%2e%2e%2fetc',
  'a%2f..%2fb',
  'a%2f',
  '%2fa',
  'a%5cb',
  'a'.repeat(300),
]
const BAD_TAGS = ['-a', '.a', 'a+b', 'a b', 'ä', 'a%00', 'a'.repeat(129), '%0a', 'a%0a', 'a,b']
const BAD_DIGESTS = [
  'sha256:short',
  `sha256:${'a'.repeat(63)}`,
  `sha256:${'a'.repeat(65)}`,
  DIGEST.toUpperCase(),
  `sha256:${'A'.repeat(64)}`,
  `sha256:${'g'.repeat(64)}`,
  'sha256:',
  ':abc',
  `sha512:${'a'.repeat(64)}`,
  `${DIGEST}%00`,
]
const CUNNING = [
  '/v2/..%2f..%2fetc/tags/list',
  '/v2/a/blobs/..%2f..%2f..%2fetc%2fpasswd',
  '/v2/a/blobs/sha256:..%2f..%2fetc',
  '/v2/a/manifests/..%2f..%2fx',
  '/v2/a/manifests/%2e%2e%2fa',
  '/v2/a/blobs/uploads/..%2f..%2fx',
  '/v2/%2e%2e%2f%2e%2e%2fetc/manifests/passwd',
  '/v2/a%2f..%2f..%2fb/tags/list',
  '/v2/a/manifests/%252e%252e',
  '/v2/%zz/tags/list',
  '/v2/%ff/tags/list',
  '/v2/a/manifests/%',
  '/v2/a/blobs/%c0%ae%c0%ae',
]

/** Names, tags and digests: what is taken and what is not. */
export const rows: Row[] = [
  ...BAD_NAMES.map(
    (name): Row => ({
      name: `names/refused: ${shown(name)}`,
      async run(target) {
        if (target.mergesSlashes && name.includes('//')) return sentAwayAll(target, name)
        const it = bareIndex()
        const answers = [
          await send(target, 'GET', tagsAt(name)),
          await send(target, 'GET', manifestAt(name, 'latest')),
          await putManifest(target, name, 'latest', it),
          await send(target, 'GET', blobAt(name, DIGEST)),
          await send(target, 'POST', uploadsAt(name)),
          await send(target, 'GET', referrersAt(name, DIGEST)),
        ]
        for (const answer of answers) check.error(answer, 400, 'NAME_INVALID')
        check.status(await send(target, 'HEAD', manifestAt(name, 'latest')), 400)
      },
    }),
  ),
  ...BAD_TAGS.map(
    (tag): Row => ({
      name: `tags/refused: ${shown(tag)}`,
      async run(target) {
        check.error(
          await putManifest(target, target.repo1, tag, bareIndex()),
          400,
          'TAG_INVALID',
          'MANIFEST_INVALID',
        )
        for (const method of ['GET', 'DELETE']) {
          const answer = await send(target, method, manifestAt(target.repo1, tag))
          check.error(answer, [400, 404], 'TAG_INVALID', 'MANIFEST_INVALID', 'MANIFEST_UNKNOWN')
        }
      },
    }),
  ),
  ...BAD_DIGESTS.map(
    (digest): Row => ({
      name: `digests/refused: ${shown(digest)}`,
      async run(target) {
        for (const place of [blobAt(target.repo1, digest), referrersAt(target.repo1, digest)]) {
          check.error(await send(target, 'GET', place), 400, 'DIGEST_INVALID')
        }
        check.status(await send(target, 'HEAD', blobAt(target.repo1, digest)), 400)
        check.error(await send(target, 'DELETE', blobAt(target.repo1, digest)), 400, 'DIGEST_INVALID')
        check.error(await putManifest(target, target.repo1, digest, bareIndex()), 400, 'DIGEST_INVALID')
        check.error(await send(target, 'GET', manifestAt(target.repo1, digest)), [400, 404])
      },
    }),
  ),
  {
    name: 'digests/a well-formed one of an unknown algorithm',
    async run(target) {
      for (const digest of ['md5:d41d8cd98f00b204e9800998ecf8427e', 'a+b.c_d-e:x=_-']) {
        check.error(await send(target, 'GET', blobAt(target.repo1, digest)), [400, 404])
        check.error(await send(target, 'GET', manifestAt(target.repo1, digest)), [400, 404])
        check.error(
          await putManifest(target, target.repo1, digest, bareIndex()),
          400,
          'DIGEST_INVALID',
          'UNSUPPORTED',
        )
      }
    },
  },
  ...CUNNING.map(
    (path): Row => ({
      name: `traversal/${path}`,
      async run(target) {
        for (const method of ['GET', 'PUT', 'DELETE'])
          check.error(await send(target, method, path), [400, 404, 405])
      },
    }),
  ),
  {
    name: 'names/percent-encoded',
    async run(target) {
      const it = blob()
      await pushBlob(target, target.repo1, it)
      const found = await send(target, 'GET', blobAt(target.repo1, encodeURIComponent(it.digest)))
      check.status(found, 200)
      check.body(found, it.bytes)
      check.header(found, 'docker-content-digest', it.digest)
      const tag = word()
      check.status(await putManifest(target, target.repo1, tag, bareIndex()), 201)
      const encoded = `%${tag.charCodeAt(0).toString(16)}${tag.slice(1)}`
      check.status(await send(target, 'GET', manifestAt(target.repo1, encoded)), 200)
    },
  },
  ...[
    'blobs',
    'manifests/b',
    'blobs/uploads',
    'tags',
    'tags/list',
    'referrers',
    'uploads',
    'manifests',
    'v2',
    'a-b_c.d__e--f',
    Array(40).fill('abc').join('/'),
  ].map(
    (end): Row => ({
      name: `names/taken: ${shown(end)}`,
      async run(target) {
        const repo = `${word()}/${end}`
        const tag = word()
        const image = simpleImage()
        await pushImage(target, repo, tag, image)
        check.body(await send(target, 'GET', manifestAt(repo, tag)), image.manifest.bytes)
        for (const it of image.blobs) check.body(await send(target, 'GET', blobAt(repo, it.digest)), it.bytes)
        check.same(
          check.json(await send(target, 'GET', tagsAt(repo))),
          { name: repo, tags: [tag] },
          'the tags',
        )
        check.status(await send(target, 'GET', referrersAt(repo, image.manifest.digest)), 200)
        const { url } = await startUpload(target, repo)
        const it = blob()
        await pushed(target, await finish(target, url, it.digest, it.bytes), it)
        check.status(await send(target, 'DELETE', manifestAt(repo, tag)), 202)
      },
    }),
  ),
  ...['a'.repeat(128), '_', '0', 'A.b-c_D', 'list', 'sha256-abc.sig', 'uploads'].map(
    (tag): Row => ({
      name: `tags/taken: ${shown(tag)}`,
      async run(target) {
        const it = bareIndex()
        await pushed(target, await putManifest(target, target.repo1, tag, it), it)
        check.body(await send(target, 'GET', manifestAt(target.repo1, tag)), it.bytes)
        check.status(await send(target, 'DELETE', manifestAt(target.repo1, tag)), 202)
      },
    }),
  ),
]

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 20)}… (${text.length})` : text
}

async function sentAwayAll(target: Target, name: string): Promise<void> {
  await sentAway(target, 'POST', uploadsAt(name))
  await sentAway(target, 'PUT', manifestAt(name, 'latest'))
  const read = [tagsAt(name), manifestAt(name, 'latest'), blobAt(name, DIGEST), referrersAt(name, DIGEST)]
  for (const path of read) await sentAway(target, 'GET', path)
}
