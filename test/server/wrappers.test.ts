import { describe, expect, test } from 'vitest'
import {
  createStore,
  defineRegistry,
  memory,
  ocikit,
  open,
  passThrough,
  REGISTRY_METHODS,
  type Registry,
} from '../../src/index.ts'
import { digestOf, emptyIndex, errorIn, INDEX, LOREM, pushIndex, send } from './http.ts'

const D = digestOf('x')

const everything: [string, string][] = [
  ['GET', '/v2/_catalog'],
  ['GET', '/v2/a/tags/list'],
  ['GET', `/v2/a/referrers/${D}`],
  ['GET', `/v2/a/blobs/${D}`],
  ['HEAD', `/v2/a/blobs/${D}`],
  ['DELETE', `/v2/a/blobs/${D}`],
  ['GET', '/v2/a/manifests/x'],
  ['HEAD', '/v2/a/manifests/x'],
  ['PUT', '/v2/a/manifests/x'],
  ['DELETE', '/v2/a/manifests/x'],
  ['DELETE', `/v2/a/manifests/${D}`],
  ['POST', '/v2/a/blobs/uploads/'],
  ['POST', `/v2/a/blobs/uploads/?mount=${D}&from=b`],
  ['POST', `/v2/a/blobs/uploads/?digest=${D}`],
]

describe('defineRegistry fails closed', () => {
  const kit = ocikit({ registry: defineRegistry({}), auth: open() })

  test.each(everything)('%s %s is 405 UNSUPPORTED', async (method, path) => {
    const sent = method === 'PUT' ? { headers: { 'content-type': INDEX }, body: emptyIndex() } : {}
    const answer = await send(kit, method, path, sent)
    expect(answer.status).toBe(405)
    if (method === 'HEAD') expect(answer.text).toBe('')
    else expect(errorIn(answer).code).toBe('UNSUPPORTED')
  })

  test('the ping is still one of a registry', async () => {
    expect((await send(kit, 'GET', '/v2/')).status).toBe(200)
  })

  test('a method rejects, it does not throw; a list fails at its first entry', async () => {
    const empty = defineRegistry({}) as unknown as Record<string, (...args: unknown[]) => unknown>
    for (const method of REGISTRY_METHODS) {
      const made = empty[method]!('a', D)
      if (made instanceof Promise) await expect(made).rejects.toMatchObject({ code: 'UNSUPPORTED' })
      else {
        const iterator = (made as AsyncIterable<unknown>)[Symbol.asyncIterator]()
        await expect(iterator.next()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
      }
    }
  })

  test('takes the methods of an object of a class, which keep their object', async () => {
    class Own {
      readonly #names = ['one', 'two']
      async *repositories(): AsyncGenerator<string> {
        yield* this.#names
      }
    }
    const own = ocikit({ registry: defineRegistry(new Own()), auth: open() })
    expect(JSON.parse((await send(own, 'GET', '/v2/_catalog')).text)).toEqual({
      repositories: ['one', 'two'],
    })
  })
})

describe('passThrough', () => {
  test('hands on every method but those that it is given', async () => {
    const called: string[] = []
    const inner = Object.fromEntries(
      REGISTRY_METHODS.map((method) => [method, (...args: unknown[]) => called.push(`${method} ${args[0]}`)]),
    ) as unknown as Registry
    const wrapper = passThrough(inner, { deleteTag: async () => void called.push('mine') })
    for (const method of REGISTRY_METHODS) {
      called.splice(0)
      ;(wrapper[method] as (...args: unknown[]) => unknown)(method)
      expect(called).toEqual([method === 'deleteTag' ? 'mine' : `${method} ${method}`])
    }
  })

  test('behind the server: pushes and pulls go through, an override is asked instead', async () => {
    const store = createStore({ storage: memory() })
    const seen: string[] = []
    const registry = passThrough(store, {
      async getManifest(repo, reference, options) {
        seen.push(`${options?.context?.action.endpoint} ${reference}`)
        return store.getManifest(repo, reference, options)
      },
    })
    const kit = ocikit({ registry, auth: open() })
    expect((await pushIndex(kit, 'a', 'v1')).status).toBe(201)
    expect((await send(kit, 'GET', '/v2/a/manifests/v1')).text).toBe(emptyIndex('v1'))
    expect(seen).toEqual(['manifest v1'])
    expect((await store.getManifest('a', 'v1')).bytes.length).toBe(emptyIndex('v1').length)
  })
})

test('a blob is not opened for HEAD, 304, or an answer to nobody', async () => {
  const store = createStore({ storage: memory() })
  const digest = digestOf(LOREM)
  await store.pushBlob('a', { digest }, new TextEncoder().encode(LOREM))
  let opened = 0
  const registry = passThrough(store, {
    async getBlob(repo, wanted, options) {
      const content = await store.getBlob(repo, wanted, options)
      return {
        ...content,
        stream: () => {
          opened++
          return content.stream()
        },
      }
    },
  })
  const kit = ocikit({ registry, auth: open() })
  const path = `/v2/a/blobs/${digest}`
  expect((await send(kit, 'HEAD', path)).headers.get('content-length')).toBe(String(LOREM.length))
  expect((await send(kit, 'GET', path, { headers: { 'if-none-match': '*' } })).status).toBe(304)
  expect((await send(kit, 'GET', path, { headers: { range: 'bytes=999-' } })).status).toBe(416)
  expect(opened).toBe(0)
  expect((await send(kit, 'GET', path, { headers: { range: 'bytes=5-9' } })).text).toBe(LOREM.slice(5, 10))
  expect((await send(kit, 'GET', path)).text).toBe(LOREM)
  expect(opened).toBe(2)
})
