import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memory, ocikit, open } from '../../src/index.ts'
import { emptyIndex, INDEX, pushIndex, send } from './http.ts'

const IMAGE = 'application/vnd.oci.image.manifest.v1+json'
const DOCKER = 'application/vnd.docker.distribution.manifest.list.v2+json'

const type = fc.oneof(
  fc.constantFrom(INDEX, IMAGE, DOCKER, '*/*', 'application/*', 'text/html', 'application/json', '*'),
  fc.stringMatching(/^[a-z*]{1,8}\/[a-z0-9.+*-]{1,20}$/),
)
const weight = fc.oneof(
  fc.constantFrom(
    '',
    ';q=0',
    '; q=1',
    ';q=0.000',
    ';q=2',
    ';q=-1',
    ';q=x',
    ';q',
    ';q=0.5;v=1',
    ';charset="a,b"',
  ),
  fc.double({ min: 0, max: 1, noNaN: true }).map((q) => `; q=${q.toFixed(3)}`),
)
const list = fc
  .tuple(
    fc.array(
      fc.tuple(type, weight).map((pair) => pair.join('')),
      { maxLength: 8 },
    ),
    fc.constantFrom(',', ', '),
  )
  .map(([members, comma]) => members.join(comma))
/** Whatever a header can carry. */
const garbage = fc
  .array(fc.integer({ min: 0, max: 0xff }), { maxLength: 200 })
  .map((codes) => String.fromCharCode(...codes.filter((code) => ![0, 10, 13].includes(code))))

test('Accept changes nothing about a manifest: status, headers, bytes', async () => {
  const kit = ocikit({ storage: memory(), auth: open() })
  const manifests: [tag: string, mediaType: string, body: string][] = [
    ['index', INDEX, emptyIndex('index')],
    ['docker', DOCKER, JSON.stringify({ schemaVersion: 2, mediaType: DOCKER, manifests: [] })],
  ]
  const plain = new Map<string, unknown>()
  const read = async (method: string, reference: string, headers: Record<string, string> = {}) => {
    const answer = await send(kit, method, `/v2/a/manifests/${reference}`, { headers })
    return { status: answer.status, headers: [...answer.headers].sort(), text: answer.text }
  }
  const references = ['unknown']
  for (const [tag, mediaType, body] of manifests) {
    const pushed = await pushIndex(kit, 'a', tag, { body, headers: { 'content-type': mediaType } })
    expect(pushed.status).toBe(201)
    references.push(tag, pushed.headers.get('docker-content-digest')!)
  }
  for (const reference of references)
    for (const method of ['GET', 'HEAD']) plain.set(`${method} ${reference}`, await read(method, reference))
  for (const [tag, mediaType, text] of manifests) {
    const headers = expect.arrayContaining([['content-type', mediaType]])
    expect(plain.get(`GET ${tag}`)).toMatchObject({ status: 200, text, headers })
  }

  await fc.assert(
    fc.asyncProperty(
      fc.oneof({ weight: 3, arbitrary: list }, { weight: 1, arbitrary: garbage }),
      fc.constantFrom('GET', 'HEAD'),
      fc.constantFrom(...references),
      async (accept, method, reference) => {
        expect(await read(method, reference, { accept })).toEqual(plain.get(`${method} ${reference}`))
      },
    ),
    { numRuns: 400 },
  )
})
