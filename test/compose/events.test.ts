/** Events over HTTP: which there are, what they say, and what a handler can and cannot do. */

import { describe, expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { fileOf } from '../../src/body.ts'
import { debug, events, immutable, type RegistryEvent, sub } from '../../src/compose/index.ts'
import { createStore, type Ocikit, ocikit, open, RegistryError } from '../../src/index.ts'
import { temporaryFolder } from '../clients/process.ts'
import { keysOf } from '../engine/stage.ts'
import { until } from '../node/raw.ts'
import { emptyIndex, errorIn, LOREM, locationOf, pushIndex, send, withDigest } from '../server/http.ts'
import { blobs, headers, manifests, rows } from './event-rows.ts'
import { BLOB, DIGEST, MANIFEST, seed, world } from './event-world.ts'
import { store } from './stores.ts'

const [ADDRESS, AGENT] = ['192.0.2.7', 'some client/1.0']

/** The same registry, called by a client that says what it is. */
function asCalledBy(kit: Ocikit): Ocikit {
  return {
    ...kit,
    fetch(request) {
      request.headers.set('user-agent', AGENT)
      return kit.fetch(request, undefined, { address: ADDRESS })
    },
  }
}

describe('what is told of', () => {
  test.each(rows)('$name', async ({ make, status, before, after, action }) => {
    const on = world()
    await seed(on.kit)
    await on.clear()
    expect((await make(asCalledBy(on.kit))).status).toBe(status)
    // It waits for what is told.
    await on.kit.close()
    const told = (list: readonly RegistryEvent[]): object[] =>
      list.map(({ subject: _, requestId: __, context: ___, ...rest }) => rest)
    expect(told(on.after)).toEqual(after)
    expect(told(on.before)).toEqual(before ?? after)
    for (const { subject, requestId, context } of [...on.before, ...on.after]) {
      expect(subject).toEqual({ name: 'ann', groups: ['dev'] })
      expect(context?.requestId).toBe(requestId)
      expect(on.logged.join('\n')).toContain(requestId)
      expect(context?.action).toEqual(action)
      expect(context?.client).toEqual({ address: ADDRESS, agent: AGENT })
      expect(context?.subject).toEqual(subject)
    }
  })
})

describe('a veto', () => {
  const changing = rows.filter(
    ({ name, status, before, after }) =>
      status < 300 && (before ?? after).length > 0 && !name.startsWith('a mount'),
  )
  test.each(changing)('of $name has its own code and leaves nothing', async ({ make }) => {
    let strict = false
    const on = world({
      before() {
        if (strict)
          throw new RegistryError('FROZEN', 'not this week', { status: 423, detail: { until: 'monday' } })
      },
    })
    await seed(on.kit)
    await on.clear()
    // What a cancelled session leaves says that it was cancelled, and names no bytes.
    const kept = async () => (await keysOf(on.storage)).filter((key) => !key.startsWith('uploads/'))
    const keys = await kept()
    strict = true
    const answer = await make(on.kit)
    expect(answer.status).toBe(423)
    expect(errorIn(answer)).toEqual({ code: 'FROZEN', message: 'not this week', detail: { until: 'monday' } })
    expect(on.after).toEqual([])
    strict = false
    expect(await kept()).toEqual(keys)
    await on.kit.close()
  })

  test('of a blob ends its upload, whose bytes are gone', async () => {
    const on = world({
      before: ({ type }) => {
        if (type === 'blob') throw new RegistryError('DENIED', 'no')
      },
    })
    const begun = await send(on.kit, 'POST', `${blobs}/uploads/`)
    const sent = await send(on.kit, 'PATCH', locationOf(begun), { body: LOREM })
    expect((await send(on.kit, 'PUT', withDigest(locationOf(sent), BLOB))).status).toBe(403)
    expect((await send(on.kit, 'GET', locationOf(sent))).status).toBe(404)
    expect((await send(on.kit, 'HEAD', `${blobs}/${BLOB}`)).status).toBe(404)
    await on.kit.close()
  })

  test('of a mount is an upload instead, as for whatever cannot be mounted', async () => {
    const on = world({
      before: ({ type }) => {
        if (type === 'mount') throw new RegistryError('DENIED', 'no')
      },
    })
    await seed(on.kit)
    const answer = await send(on.kit, 'POST', `/v2/b/blobs/uploads/?mount=${BLOB}&from=a`)
    expect([answer.status, (await send(on.kit, 'HEAD', `/v2/b/blobs/${BLOB}`)).status]).toEqual([202, 404])
    await on.kit.close()
  })

  test('of one tag refuses the whole push', async () => {
    const on = world({
      before(event) {
        if (event.type === 'tag' && event.tag === 'latest')
          throw new RegistryError('DENIED', 'name a version')
      },
    })
    const path = `${manifests}/v1?tag=latest`
    expect((await send(on.kit, 'PUT', path, { headers, body: MANIFEST })).status).toBe(403)
    expect((await send(on.kit, 'GET', `${manifests}/v1`)).status).toBe(404)
    await on.kit.close()
  })

  test('that is a fault of the handler is a 500, and the upload can go on', async () => {
    let broken = true
    const on = world({
      before() {
        if (broken) throw new Error('the scanner is down')
      },
    })
    const begun = await send(on.kit, 'POST', `${blobs}/uploads/`)
    const sent = await send(on.kit, 'PATCH', locationOf(begun), { body: LOREM })
    const path = withDigest(locationOf(sent), BLOB)
    expect((await send(on.kit, 'PUT', path)).status).toBe(500)
    broken = false
    expect((await send(on.kit, 'PUT', path)).status).toBe(201)
    await on.kit.close()
  })
})

describe('a handler for what has happened', () => {
  test.each([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ])('that %s changes no answer, and is logged', async (_, after) => {
    const on = world({ after })
    await seed(on.kit)
    const got = await send(on.kit, 'GET', `${blobs}/${BLOB}`)
    expect([got.status, got.text]).toEqual([200, LOREM])
    const lines = () => on.logged.filter((line) => line.startsWith('a handler of events has failed'))
    await until(() => lines().length === 4)
    expect(lines()[0]).toContain('"type":"blob","repository":"a","error":"Error: broken"')
    await on.kit.close()
  })

  test('that takes long delays no answer, but close() waits for it', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    let ended = 0
    const on = world({ after: () => gate.then(() => void ended++) })
    await seed(on.kit)
    expect((await send(on.kit, 'GET', `${manifests}/v1`)).status).toBe(200)
    expect(ended).toBe(0)
    const closed = on.kit.close()
    release()
    await closed
    expect(ended).toBe(4)
  })

  test('may call the registry, and has it as it is told', async () => {
    const seen: string[] = []
    const on = world({
      async after(event) {
        if (event.type === 'tag') seen.push((await on.kit.registry.resolveManifest('a', event.tag)).digest)
      },
    })
    await seed(on.kit)
    await until(() => seen.length > 0)
    expect(seen).toEqual([DIGEST])
    await on.kit.close()
  })
})

describe('as a wrapper among others', () => {
  test('it tells what happens below what refuses, under the names of its own place', async () => {
    const outer: string[] = []
    const inner: string[] = []
    const name = (list: string[]) => (event: RegistryEvent) =>
      void list.push(`${event.type} ${event.repository}`)
    const registry = events(
      immutable(
        sub(
          events(
            debug(store(), () => {}),
            { after: name(inner) },
          ),
          'team',
        ),
      ),
      { after: name(outer) },
    )
    const kit = ocikit({ registry, auth: open() })
    expect((await pushIndex(kit, 'a', 'v1')).status).toBe(201)
    expect((await pushIndex(kit, 'a', 'v1', { body: emptyIndex('another') })).status).toBe(403)
    expect((await send(kit, 'DELETE', `${manifests}/v1`)).status).toBe(403)
    await kit.close()
    expect(outer).toEqual(['manifest a', 'tag a'])
    expect(inner).toEqual(['manifest team/a', 'tag team/a'])
  })

  test('a veto at any depth is the answer', async () => {
    const refuse = {
      before() {
        throw new RegistryError('TOOMANYREQUESTS', 'later', { headers: { 'retry-after': '7' } })
      },
    }
    const kit = ocikit({ registry: sub(immutable(events(store(), refuse)), 'x'), auth: open() })
    const answer = await pushIndex(kit, 'a', 'v1')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7'])
    await kit.close()
  })

  test('a store keeps its abilities, and a file its fast way out', async () => {
    const folder = await temporaryFolder()
    const storage = await fs(folder.path)
    const inner = createStore({ storage })
    const told: string[] = []
    const registry = events(inner, { after: ({ type }) => told.push(type) })
    expect(Object.keys(registry).sort()).toEqual(Object.keys(inner).sort())
    expect((registry as typeof inner).sealsUploads).toBe(true)
    await registry.pushBlob('a', { digest: BLOB, size: LOREM.length }, new TextEncoder().encode(LOREM))
    const content = await registry.getBlob('a', BLOB)
    expect(told).not.toContain('pull')
    const stream = content.stream()
    expect(fileOf(stream)?.length).toBe(LOREM.length)
    await stream.cancel()
    await until(() => told.includes('pull'))
    await storage.close?.()
    await folder.remove()
  })
})
