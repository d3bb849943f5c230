import { randomBytes } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { ask, sha256 } from '../../crash/http.ts'
import { describeBucket } from '../../storage/s3/bucket.ts'
import { type Running, specOn } from '../table.ts'
import { alternating } from './proxy.ts'
import { newBucketData, serveBucket } from './start.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

/** Two processes over one bucket, asked in turn. */
async function twoReplicas(...flags: string[]): Promise<Running & { counts: readonly number[] }> {
  const bucket = newBucketData()
  const servers = await Promise.all([
    serveBucket('node', bucket, ...flags),
    serveBucket('node', bucket, ...flags),
  ])
  const proxy = await alternating(servers.map(({ url }) => url))
  return {
    ...proxy,
    async close() {
      await proxy.close()
      await Promise.all(servers.map((server) => server.close()))
    },
  }
}

describeBucket('the specification on two replicas', () => {
  let last: Awaited<ReturnType<typeof twoReplicas>>
  specOn({
    name: 'node with s3',
    note: 'two nodes with one bucket',
    async start({ sparse }) {
      last = await twoReplicas(...(sparse ? ['--sparse'] : []))
      return last
    },
  })
  afterAll(() => expect(Math.min(...last.counts)).toBeGreaterThan(0))
})

describeBucket('two replicas under load', () => {
  const CLIENTS = 8
  const TAGS = ['a', 'b', 'c']
  const SECONDS = 8

  test('every read of a tag sees a complete state, old or new', { timeout: 90_000 }, async () => {
    const running = await twoReplicas()
    const at = (path: string) => `${running.url}/v2/load/${path}`
    /** Manifests of which a push was begun, and those whose push was answered. */
    const known = new Map<string, Buffer>()
    const acknowledged = new Map<string, Set<string>>(TAGS.map((tag) => [tag, new Set()]))
    let [pushes, reads] = [0, 0]
    const deadline = Date.now() + SECONDS * 1000

    const blob = async (bytes: Buffer<ArrayBuffer>, mediaType: string) => {
      const digest = sha256(bytes)
      await ask('POST', at(`blobs/uploads/?digest=${digest}`), 201, { body: bytes })
      return { mediaType, digest, size: bytes.length }
    }
    const push = async (tag: string) => {
      const config = await blob(Buffer.from('{}'), 'application/vnd.oci.empty.v1+json')
      const layers = [await blob(randomBytes(2_000), 'application/octet-stream')]
      const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers }))
      known.set(sha256(body), body)
      await ask('PUT', at(`manifests/${tag}`), 201, { body, headers: { 'content-type': MANIFEST } })
      acknowledged.get(tag)!.add(sha256(body))
      pushes++
    }
    const read = async (tag: string) => {
      const existed = acknowledged.get(tag)!.size > 0
      const answer = await ask('GET', at(`manifests/${tag}`), existed ? 200 : [200, 404])
      if (answer.status === 404) return
      const digest = answer.headers.get('docker-content-digest')!
      expect(sha256(answer.bytes)).toBe(digest)
      expect(known.get(digest)?.equals(answer.bytes)).toBe(true)
      const { layers } = JSON.parse(answer.bytes.toString()) as { layers: { digest: string }[] }
      for (const layer of layers) {
        const content = await ask('GET', at(`blobs/${layer.digest}`), 200)
        expect(sha256(content.bytes)).toBe(layer.digest)
      }
      const byDigest = await ask('GET', at(`manifests/${digest}`), 200)
      expect(byDigest.bytes.equals(answer.bytes)).toBe(true)
      reads++
    }
    // On a busy machine that may take longer.
    const isEnough = () => Math.min(pushes, reads) > 10 && Math.min(...running.counts) > 50
    const client = async (no: number) => {
      for (let i = no; Date.now() < deadline || !isEnough(); i++) {
        const tag = TAGS[i % TAGS.length]!
        await (no % 2 === 0 ? push(tag) : read(tag))
      }
    }
    try {
      await Promise.all(Array.from({ length: CLIENTS }, (_, no) => client(no)))
      const { tags } = JSON.parse((await ask('GET', at('tags/list'), 200)).bytes.toString())
      expect(tags).toEqual(TAGS)
      for (const tag of TAGS) {
        // Both replicas say the same, and it is one of those that were pushed under this tag.
        const seen = [
          await ask('HEAD', at(`manifests/${tag}`), 200),
          await ask('HEAD', at(`manifests/${tag}`), 200),
        ]
        const [one, two] = seen.map(({ headers }) => headers.get('docker-content-digest')!)
        expect(one).toBe(two)
        expect(acknowledged.get(tag)!.has(one!)).toBe(true)
      }
    } finally {
      await running.close()
    }
  })
})
