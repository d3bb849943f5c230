import { manifestAt, pushBlob, pushed, pushImage, putManifest, send } from '../api.ts'
import * as check from '../check.ts'
import * as data from '../data.ts'
import type { Row, Target } from '../target.ts'

const { OCI_INDEX, OCI_MANIFEST } = data

/** Manifests: wrong digests, sizes, and what Accept does not change. */
export const rows: Row[] = [
  {
    name: 'bad-digest-image/push',
    async run(target) {
      const { blobs, manifest } = data.simpleImage()
      for (const blob of blobs) await pushBlob(target, target.repo1, blob)
      const bytes = Buffer.concat([manifest.bytes, Buffer.from('  ')])
      const answer = await putManifest(target, target.repo1, manifest.digest, { ...manifest, bytes })
      check.error(answer, 400, 'DIGEST_INVALID')
      check.status(await send(target, 'GET', manifestAt(target.repo1, manifest.digest)), 404)
    },
  },
  {
    name: 'missing-manifest/by-digest',
    async run(target) {
      for (const algorithm of data.ALGORITHMS) {
        const place = manifestAt(target.repo1, data.unknownDigest(algorithm))
        check.error(await send(target, 'GET', place), 404, 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN')
        check.status(await send(target, 'HEAD', place), 404)
      }
    },
  },
  {
    name: 'missing-manifest/by-tag',
    async run(target) {
      const place = manifestAt(target.repo1, data.word())
      check.error(await send(target, 'GET', place), 404, 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN')
      check.status(await send(target, 'HEAD', place), 404)
    },
  },
  {
    name: 'missing-manifest/in an unknown repository',
    async run(target) {
      const repo = `${target.repo1}/${data.word()}`
      check.error(
        await send(target, 'GET', manifestAt(repo, 'latest')),
        404,
        'MANIFEST_UNKNOWN',
        'NAME_UNKNOWN',
      )
    },
  },
  {
    name: 'invalid-digest-format/manifest-put',
    async run(target) {
      const answer = await putManifest(target, target.repo1, 'sha256:baddigeststring', data.bareIndex())
      check.error(answer, 400, 'DIGEST_INVALID')
    },
  },
  {
    name: 'invalid-digest-format/manifest-get',
    async run(target) {
      check.status(await send(target, 'GET', manifestAt(target.repo1, 'sha256:baddigeststring')), 404, 400)
    },
  },
  ...[false, true].map(
    (stream): Row => ({
      name: `manifests/above the limit${stream ? ', chunked' : ''}`,
      async run(target) {
        const large = data.bareIndex({ annotations: { 'org.example.large': 'x'.repeat(4_300_000) } })
        const answer = await putManifest(target, target.repo1, large.digest, large, { stream })
        if (answer.status === 201) check.skip('the limit is higher than 4 MiB')
        check.error(answer, 413, 'SIZE_INVALID', 'MANIFEST_INVALID')
        check.status(await send(target, 'HEAD', manifestAt(target.repo1, large.digest)), 404)
      },
    }),
  ),
  ...[
    '',
    '*/*',
    OCI_INDEX,
    'application/vnd.docker.distribution.manifest.v2+json',
    'text/html;q=0.1',
    `${OCI_INDEX},${OCI_MANIFEST};q=0.5`,
  ].map(
    (accept): Row => ({
      name: `manifests/the stored type, with Accept: ${accept}`,
      async run(target) {
        const tag = data.word()
        const image = data.simpleImage()
        await pushImage(target, target.repo1, tag, image)
        for (const reference of [tag, image.manifest.digest]) {
          const answer = await send(target, 'GET', manifestAt(target.repo1, reference), {
            headers: { accept },
          })
          check.status(answer, 200)
          check.header(answer, 'content-type', OCI_MANIFEST)
          check.body(answer, image.manifest.bytes)
        }
      },
    }),
  ),
  {
    name: 'manifests/a tag is moved',
    async run(target) {
      const tag = data.word()
      const [one, two] = [data.bareIndex(), data.bareIndex()]
      for (const it of [one, two, two])
        await pushed(target, await putManifest(target, target.repo1, tag, it), it)
      check.header(
        await send(target, 'HEAD', manifestAt(target.repo1, tag)),
        'docker-content-digest',
        two.digest,
      )
      check.header(
        await send(target, 'HEAD', manifestAt(target.repo1, one.digest)),
        'docker-content-digest',
        one.digest,
      )
    },
  },
  {
    name: 'manifests/a tag while it is moved',
    async run(target) {
      const tag = data.word()
      const its = [data.bareIndex(), data.bareIndex()] as const
      check.status(await putManifest(target, target.repo1, tag, its[0]), 201)
      const moves = (async () => {
        for (let i = 0; i < 10; i++)
          check.status(await putManifest(target, target.repo1, tag, its[(i + 1) % 2]!), 201)
      })()
      for (let i = 0; i < 20; i++) {
        const answer = await send(target, 'GET', manifestAt(target.repo1, tag))
        check.status(answer, 200)
        const digest = check.header(answer, 'docker-content-digest')
        check.that(digest === data.digestOf(answer.body), 'the digest of the body that is sent')
        check.that(
          its.some((it) => it.digest === digest),
          'the old manifest or the new one',
        )
      }
      await moves
    },
  },
  {
    name: 'manifests/one manifest by both algorithms',
    async run(target) {
      const it = data.bareIndex()
      const other = { ...it, digest: data.digestOf(it.bytes, 'sha512') }
      for (const each of [it, other]) {
        await pushed(target, await putManifest(target, target.repo1, each.digest, each), each)
      }
      for (const each of [it, other]) await read(target, each.digest, each)
    },
  },
  {
    name: 'manifests/tag parameter with a bad tag',
    async run(target) {
      const it = data.bareIndex()
      const good = data.word()
      const answer = await putManifest(target, target.repo1, it.digest, it, {
        query: `?tag=${good}&tag=-bad`,
      })
      if (answer.status === 201 && !answer.headers.has('oci-tag')) check.skip('?tag= is not supported')
      check.error(answer, 400, 'TAG_INVALID', 'MANIFEST_INVALID')
      check.status(await send(target, 'HEAD', manifestAt(target.repo1, good)), 404)
    },
  },
]

async function read(target: Target, reference: string, it: data.Manifest): Promise<void> {
  const answer = await send(target, 'GET', manifestAt(target.repo1, reference))
  check.status(answer, 200)
  check.body(answer, it.bytes)
  check.header(answer, 'docker-content-digest', it.digest)
}
