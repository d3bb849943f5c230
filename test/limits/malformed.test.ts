import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { ask } from '../crash/http.ts'
import { Random, seedOfRun } from '../crash/random.ts'
import { type Server, startServer } from '../crash/server.ts'
import { raw } from '../node/raw.ts'
import { filesIn } from '../storage/folder.ts'
import { mutated, TRAVERSALS } from './mutate.ts'

const SEED = seedOfRun()
const REQUESTS = Number(process.env['OCIKIT_FUZZ'] ?? 500)
/** A malformed request is answered at once; whoever needs this long hangs. */
const ANSWER_MS = 5_000
let folder: Folder
let server: Server
beforeAll(async () => {
  folder = await temporaryFolder()
  await mkdir(folder.at('sibling', 'repositories'), { recursive: true })
  await writeFile(folder.at('sibling', 'secret'), 'a secret')
  server = await startServer(folder.at('data'))
})
afterAll(async () => {
  await server.kill()
  await folder.remove()
})

/** Sends a request as it is and returns the whole answer; the request has to say `Connection: close`. */
async function send(request: string): Promise<{ status: number; head: string; body: string }> {
  await using client = await raw(server.port)
  client.socket.write(request, 'latin1')
  const text = await client.closed(ANSWER_MS).catch((error: Error) => {
    const about = `seed ${SEED}: ${JSON.stringify(request.slice(0, 300))}`
    throw new Error(`${about}: no end within ${ANSWER_MS} ms`, { cause: error })
  })
  const [head = '', ...rest] = text.split('\r\n\r\n')
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, body: rest.join('\r\n\r\n') }
}

/** A refusal is JSON in the form of the specification; nothing is the server's fault. */
function honest(request: string, { status, head, body }: Awaited<ReturnType<typeof send>>): void {
  const about = `seed ${SEED}: ${JSON.stringify(request.slice(0, 300))} -> ${head.slice(0, 300)}`
  // The client asked for an interim answer, and sends its body only after it.
  if (status === 100 && request.includes('Expect: 100-continue')) {
    expect(body, about).toMatch(/^HTTP\/1\.1 [234]\d\d /)
    return
  }
  expect(status, about).toBeGreaterThanOrEqual(200)
  expect(status, about).toBeLessThan(500)
  expect(body, about).not.toContain('a secret')
  // 417 is the HTTP parser's own answer, without a body: it never reaches the handler.
  if (status < 400 || status === 417 || request.startsWith('HEAD ')) return
  expect(head.toLowerCase(), about).toContain('content-type: application/json')
  const { errors } = JSON.parse(body) as { errors: { code: string; message: string }[] }
  expect(errors[0]?.code, about).toMatch(/^[A-Z_]+$/)
}

const outside = async () => {
  const files = (await filesIn(folder.path)).filter((path) => !path.startsWith('data/'))
  return [files, await readFile(folder.at('sibling', 'secret'), 'utf8')]
}

test('paths that lead out of the folder lead nowhere', async () => {
  const before = await outside()
  for (const up of TRAVERSALS) {
    for (const path of [
      `/v2/${up}/sibling/secret`,
      `/v2/a/${up}/${up}/sibling/manifests/latest`,
      `/v2/a/manifests/${up}${up}sibling${up}secret`,
      `/v2/a/blobs/sha256:${up}${up}secret`,
      `/v2/a/blobs/uploads/${up}${up}secret`,
      `/v2/a/tags/list?last=${up}${up}secret&n=1`,
      `/v2/_catalog?last=${up}${up}secret`,
      `/v2/a/referrers/${up}?artifactType=${up}`,
      `${up}${up}sibling/secret`,
    ]) {
      for (const method of ['GET', 'PUT', 'DELETE', 'POST']) {
        const type = 'Content-Type: application/vnd.oci.image.manifest.v1+json'
        const lines = ['Host: localhost', 'Connection: close', type, 'Content-Length: 2']
        const request = [`${method} ${path} HTTP/1.1`, ...lines, '', '{}'].join('\r\n')
        honest(request, await send(request))
      }
    }
  }
  expect(await outside()).toEqual(before)
})

test(
  `${REQUESTS} malformed requests: no 5xx, no hang, always JSON, nothing outside the folder`,
  async () => {
    console.info(`malformed: OCIKIT_SEED=${SEED}`)
    const before = await outside()
    const random = new Random(SEED)
    const statuses = new Map<number, number>()
    let slowest = 0
    for (let i = 0; i < REQUESTS; i++) {
      const request = mutated(random)
      const begun = performance.now()
      const answer = await send(request)
      slowest = Math.max(slowest, performance.now() - begun)
      honest(request, answer)
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    }
    console.info(`malformed: ${JSON.stringify(Object.fromEntries(statuses))}, slowest ${slowest | 0} ms`)
    if (REQUESTS >= 100) expect(statuses.size).toBeGreaterThan(3)
    await ask('GET', `${server.url}/v2/`, 200)
    expect(await outside()).toEqual(before)
  },
  30_000 + REQUESTS * 50,
)
