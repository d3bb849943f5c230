import { expect, test } from 'vitest'
import { memory } from '../../src/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { testRegistry } from '../../src/testing/index.ts'
import { textOf, unknownDigest } from '../../src/testing/registry/samples.ts'

/** A storage that takes one chunk of the first body, and then waits until it is told to go on. */
function slow(): { storage: Storage; begun: Promise<void>; goOn: () => void } {
  const inner = memory()
  const begun = deferred()
  const gate = deferred()
  let held = false
  const hold = (body: ReadableStream<Uint8Array> | Uint8Array) => {
    if (held || body instanceof Uint8Array) return body
    held = true
    const reader = body.getReader()
    let first = true
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      if (!first) await gate.promise
      first = false
      const { value, done } = await reader.read()
      if (done) return controller.close()
      controller.enqueue(value)
      begun.resolve()
    }
    return new ReadableStream({ pull, cancel: (reason) => reader.cancel(reason) }, { highWaterMark: 0 })
  }
  const { contents } = inner
  const storage: Storage = {
    ...inner,
    contents: Object.assign(Object.create(contents), {
      write: (place: string, body: never, options: never) => contents.write(place, hold(body), options),
      piece: (place: string, handle: string, at: never, body: never, options: never) =>
        contents.piece(place, handle, at, hold(body), options),
    }),
  }
  return { storage, begun: begun.promise, goOn: gate.resolve }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

/** A body that counts what has been asked for. */
function counted(chunks: number): { body: ReadableStream<Uint8Array>; given: () => number } {
  let given = 0
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    if (given++ < chunks) controller.enqueue(new Uint8Array(64 * 1024))
    else controller.close()
  }
  return { body: new ReadableStream({ pull }, { highWaterMark: 0 }), given: () => Math.min(given, chunks) }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100))

test('serverless 2.3a: a body is not read faster than it is stored, with or without its length', async () => {
  for (const length of [undefined, 100 * 64 * 1024]) {
    const { storage, begun, goOn } = slow()
    const { fetch } = testRegistry({ storage })
    const { headers } = await fetch('/v2/a/blobs/uploads/', { method: 'POST' })
    const { body, given } = counted(100)
    const sent = length === undefined ? {} : { 'content-length': String(length) }
    const init = { method: 'PATCH', body, duplex: 'half', headers: sent } as RequestInit
    const answer = fetch(headers.get('location')!, init)
    await begun
    await pause()
    expect(given()).toBeLessThan(10)
    goOn()
    expect([(await answer).status, given()]).toEqual([202, 100])
  }
})

test('zot 3: an upload that stalls holds nobody else up', async () => {
  const { storage, begun, goOn } = slow()
  const { fetch, registry } = testRegistry({ storage })
  const { body } = counted(2)
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit
  const stalled = fetch(`/v2/a/blobs/uploads/?digest=${await unknownDigest()}`, init)
  await begun
  for (const text of ['one', 'two']) {
    const { digest, bytes } = await textOf(`${text}, while the first stalls`)
    await registry.pushBlob('a', { digest }, bytes)
    expect((await fetch(`/v2/a/blobs/${digest}`, { method: 'HEAD' })).status).toBe(200)
  }
  goOn()
  expect((await stalled).status).toBe(400)
})

test('docker 1.8: a status or the start of an upload opens nothing', async () => {
  const opened: string[] = []
  const inner = memory()
  const contents = new Proxy(inner.contents, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      opened.push(String(name))
      return value.bind(target)
    },
  })
  const { fetch } = testRegistry({ storage: { ...inner, contents } })
  const { headers } = await fetch('/v2/a/blobs/uploads/', { method: 'POST' })
  for (const method of ['GET', 'HEAD'])
    expect((await fetch(headers.get('location')!, { method })).status).toBe(204)
  expect(opened).toEqual([])
})
