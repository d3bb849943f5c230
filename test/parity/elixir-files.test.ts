import { describe, expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { start } from '../cli/run.ts'
import { temporaryFolder } from '../clients/process.ts'
import * as content from './content.ts'
import { digestOf, imageOf, OCI_MANIFEST, pushImage, utf8 } from './content.ts'

const image = imageOf('an image')

describe('keeps everything in local files', () => {
  test('blobs, manifests, tags and referrers, also by many writers at once', async () => {
    await using folder = await disposable()
    const subject = content.describe(OCI_MANIFEST, image.manifest)
    {
      await using registry = testRegistry({ storage: await fs(folder.path) })
      const pushes = Array.from({ length: 8 }, (_, at) => pushImage(registry, 'a', `same-${at}`, image))
      const others = Array.from({ length: 8 }, (_, at) =>
        pushImage(registry, 'a', `other-${at}`, imageOf(`other ${at}`, { subject })),
      )
      expect(new Set(await Promise.all(pushes)).size).toBe(1)
      await Promise.all(others)
    }
    await using registry = testRegistry({ storage: await fs(folder.path) })
    const { tags } = (await (await registry.fetch('/v2/a/tags/list')).json()) as { tags: string[] }
    expect(tags).toHaveLength(16)
    for (const tag of tags) expect((await registry.fetch(`/v2/a/manifests/${tag}`)).status).toBe(200)
    const referrers = await registry.fetch(`/v2/a/referrers/${digestOf(image.manifest)}`)
    expect(((await referrers.json()) as { manifests: unknown[] }).manifests).toHaveLength(8)
  })

  test('an upload goes on after the server was killed, chunks in their order', async () => {
    await using folder = await disposable()
    const chunks = Array.from({ length: 11 }, (_, at) => `chunk ${at}, `)
    const whole = utf8(chunks.join(''))
    let location = ''
    let offset = 0
    const to = (url: string) => ({ fetch: (path: string, init?: RequestInit) => fetch(url + path, init) })
    const patch = async (url: string, chunk: string) => {
      const range = `${offset}-${offset + chunk.length - 1}`
      const init = { method: 'PATCH', body: utf8(chunk), headers: { 'content-range': range } }
      const answer = await to(url).fetch(location, init)
      expect(answer.status).toBe(202)
      offset += chunk.length
      location = answer.headers.get('location')!
    }
    {
      await using server = await start(['--data', folder.path, '--log', 'off'])
      await pushImage(to(server.url), 'a', '1', image)
      const begun = await to(server.url).fetch('/v2/a/blobs/uploads/', { method: 'POST' })
      location = begun.headers.get('location')!
      for (const chunk of chunks.slice(0, 6)) await patch(server.url, chunk)
      await server.stop('SIGKILL')
    }
    await using server = await start(['--data', folder.path, '--log', 'off'])
    const site = to(server.url)
    expect((await site.fetch('/v2/a/manifests/1')).status).toBe(200)
    expect((await site.fetch(location)).headers.get('range')).toBe(`0-${offset - 1}`)
    for (const chunk of chunks.slice(6)) await patch(server.url, chunk)
    const put = await site.fetch(`${location}?digest=${digestOf(whole)}`, { method: 'PUT' })
    expect(put.status).toBe(201)
    expect(await (await site.fetch(`/v2/a/blobs/${digestOf(whole)}`)).text()).toBe(chunks.join(''))
  })
})

async function disposable() {
  const folder = await temporaryFolder()
  return { path: folder.path, [Symbol.asyncDispose]: () => folder.remove() }
}
