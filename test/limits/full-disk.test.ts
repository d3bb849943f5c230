import { randomBytes } from 'node:crypto'
import { readdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ask, sha256, streamed } from '../crash/http.ts'
import { startServer } from '../crash/server.ts'
import { filesIn } from '../storage/folder.ts'
import { smallDisk } from './disk.ts'

const MIB = 1024 * 1024
const disk = smallDisk(16)
const reason = 'reason' in disk ? disk.reason : undefined
if (reason !== undefined) console.info(`full disk: skipped, ${reason}`)
const path = 'path' in disk ? disk.path : ''
afterAll(() => ('remove' in disk ? disk.remove() : undefined))

const free = async () => {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}

test.skipIf(reason !== undefined)(
  `a full disk: 507, nothing lost, and room helps (${reason ?? 'tmpfs'})`,
  async () => {
    const data = join(path, 'data')
    const filler = join(path, 'foreign')
    await writeFile(filler, Buffer.alloc(8 * MIB))
    await using first = await startServer(data)
    const acknowledged = new Set<string>()
    const upload = async (url: string, way: number, bytes: Buffer<ArrayBuffer>) => {
      const digest = sha256(bytes)
      const blobs = `${url}/v2/full/blobs/uploads/`
      if (way === 0) return ask('POST', `${blobs}?digest=${digest}`, [201, 507], { body: bytes })
      const location = url + (await ask('POST', blobs, [202, 507])).headers.get('location')
      const headers = { 'content-type': 'application/octet-stream' }
      if (way === 1) return ask('PUT', `${location}?digest=${digest}`, [201, 507], { body: bytes, headers })
      const ranged: Record<string, string> = way === 3 ? { 'content-range': `0-${bytes.length - 1}` } : {}
      const patch = { body: way === 2 ? streamed(bytes, 65_536) : bytes, headers: ranged }
      const answer = await ask('PATCH', location, [202, 507], patch)
      if (answer.status === 507) return answer
      return ask('PUT', `${url}${answer.headers.get('location')}?digest=${digest}`, [201, 507])
    }
    const isFull = (answer: { headers: Headers; bytes: Buffer }) => {
      expect(answer.headers.get('content-type')).toBe('application/json')
      const { errors } = JSON.parse(answer.bytes.toString()) as {
        errors: { code: string; message: string }[]
      }
      expect(errors[0]).toMatchObject({
        code: 'STORAGE_FULL',
        message: expect.stringContaining('disk is full'),
      })
    }
    const allThere = async (url: string) => {
      for (const digest of acknowledged) {
        const { bytes } = await ask('GET', `${url}/v2/full/blobs/${digest}`, 200)
        expect(sha256(bytes)).toBe(digest)
      }
    }

    // Each way until it has been refused twice; what fits is acknowledged.
    for (let way = 0; way < 4; way++) {
      for (let refused = 0; refused < 2; ) {
        const bytes = randomBytes(1.5 * MIB)
        const answer = await upload(first.url, way, bytes)
        if (answer.status === 201) acknowledged.add(sha256(bytes))
        else {
          isFull(answer)
          refused++
        }
      }
    }
    expect(acknowledged.size).toBeGreaterThan(2)
    await allThere(first.url)
    await ask('GET', `${first.url}/v2/_catalog`, 200)

    // To the last byte: small writes, too, and a restart.
    const config = { mediaType: 'application/octet-stream', digest: [...acknowledged][0], size: 1.5 * MIB }
    const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config, layers: [config] }))
    await writeFile(join(path, 'last'), Buffer.alloc(await free())).catch(() => {})
    const url = `${first.url}/v2/full/manifests/latest`
    const put = { body: manifest, headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' } }
    isFull(await ask('PUT', url, 507, put))
    await ask('GET', url, 404)
    await first.kill()
    await using second = await startServer(data)
    await allThere(second.url)
    expect(await readdir(join(data, 'tmp'))).toEqual([])

    // Room again.
    await rm(filler)
    await rm(join(path, 'last'))
    for (let way = 0; way < 4; way++) {
      const bytes = randomBytes(MIB)
      expect((await upload(second.url, way, bytes)).status, `way ${way}`).toBe(201)
      acknowledged.add(sha256(bytes))
    }
    await allThere(second.url)
    expect(await readdir(join(data, 'tmp'))).toEqual([])
  },
)

test.skipIf(reason !== undefined)(`what was refused takes no room (${reason ?? 'tmpfs'})`, async () => {
  await rm(join(path, 'data'), { recursive: true, force: true })
  const data = join(path, 'refused')
  await using server = await startServer(data)
  const before = await free()
  const bytes = randomBytes(24 * MIB)
  for (const ranged of [false, true]) {
    const { headers } = await ask('POST', `${server.url}/v2/full/blobs/uploads/`, 202)
    const range: Record<string, string> = ranged ? { 'content-range': `0-${bytes.length - 1}` } : {}
    const patch = { body: streamed(bytes, 262_144), headers: range }
    await ask('PATCH', server.url + headers.get('location'), 507, patch).catch(cutOff)
    expect((before - (await free())) / MIB, (await filesIn(data)).join('\n')).toBeLessThan(0.5)
  }
})

/** A client that is still sending may see the end of the connection instead of the answer. */
function cutOff(error: Error): undefined {
  if (!(error instanceof TypeError)) throw error
}
