import { expect, test } from 'vitest'
import { memory, type OcikitOptions, ocikit, open, users } from '../../src/index.ts'

interface Env {
  readonly name: string
}
const ping = () => new Request('http://r.test/v2/')
const upload = () =>
  new Request('http://r.test/v2/a/blobs/uploads/', { method: 'POST', headers: { 'content-length': '0' } })

test('options are made of env once for each, at its first request', async () => {
  const made: string[] = []
  const kit = ocikit({
    storage: async ({ name }: Env) => {
      made.push(name)
      return memory()
    },
    auth: ({ name }: Env) => (name === 'open' ? open() : users([])),
  })
  expect(made).toEqual([])
  const [a, b] = [{ name: 'open' }, { name: 'closed' }]
  const answers = await Promise.all([a, a, b, a, b].map((env) => kit.fetch(ping(), env)))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 401, 200, 401])
  expect(made).toEqual(['open', 'closed'])
  expect(await kit.sweep(a)).toEqual({ sessions: 0 })
  expect(made).toHaveLength(2)
})

test('what cannot be made is 503, logged, and tried again', async () => {
  const lines: string[] = []
  const log = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`)
  let works = false
  const options: OcikitOptions<Env> = {
    storage: () => {
      if (!works) throw new Error('no such binding')
      return memory()
    },
    auth: open(),
    logger: { debug() {}, info() {}, warn() {}, error: log },
  }
  const kit = ocikit(options)
  const env = { name: 'x' }
  const answer = await kit.fetch(upload(), env)
  expect(answer.status).toBe(503)
  expect(await answer.json()).toMatchObject({ errors: [{ code: 'UNAVAILABLE' }] })
  expect(lines.join()).toContain('no such binding')
  works = true
  expect((await kit.fetch(upload(), env)).status).toBe(202)
})

test('the first requests wait together, and the runtime waits with them', async () => {
  const waited: Promise<unknown>[] = []
  let calls = 0
  const kit = ocikit({
    async storage() {
      calls++
      await new Promise((resolve) => setTimeout(resolve))
      return memory()
    },
    auth: open(),
  })
  const env = {}
  const host = { waitUntil: (work: Promise<unknown>) => void waited.push(work) }
  const answers = await Promise.all([1, 2, 3].map(() => kit.fetch(upload(), env, host)))
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202])
  expect(calls).toBe(1)
  expect(waited).toHaveLength(3)
})

test('close lets go of every storage', async () => {
  const closed: string[] = []
  const kit = ocikit({
    storage: ({ name }: Env) => ({ ...memory(), close: async () => void closed.push(name) }),
    auth: open(),
  })
  for (const name of ['a', 'b']) await kit.fetch(ping(), { name })
  await kit.close()
  expect(closed.sort()).toEqual(['a', 'b'])
})

test('without an env there is no registry to call', async () => {
  const kit = ocikit({ storage: () => memory(), auth: open() })
  // Workers look at every property of what a module exports, so looking must not throw.
  await expect(kit.registry.startUpload('a')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  const plain = ocikit({ storage: memory(), auth: open() })
  expect(await plain.registry.startUpload('a')).toMatchObject({ offset: 0 })
})
