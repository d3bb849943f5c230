/**
 * What every call takes, last: a signal and a context.
 * @module
 */

import type { Context } from '../../registry.ts'
import type { Call } from '../../storage/index.ts'
import type { Scope, StorageTests } from './scope.ts'
import { drain, utf8 } from './scope.ts'

/** A signal that has fired stops every call; a context changes nothing. */
export const callTests: StorageTests = {
  'calls: a signal that has fired stops each of them': async (scope) => {
    const { records, contents, key, place, keys, expectAbsent, expectRejection, expect } = scope
    const version = await records.put(key('a'), utf8('one'))
    const stored = await contents.write(place(), utf8('content'), { size: 7 })
    const open = place()
    const handle = await contents.open(open)
    const signal = AbortSignal.abort(new Error('too late'))
    const where = place()
    const calls: (() => Promise<unknown>)[] = [
      () => records.get(key('a'), { signal }),
      () => records.create(key('b'), utf8('x'), { signal }),
      () => records.put(key('b'), utf8('x'), { signal }),
      () => records.remove(key('a'), version!, { signal }),
      () => records.drop([key('a')], { signal }),
      () => keys('', { signal }),
      () => contents.write(where, utf8('x'), { size: 1, signal }),
      () => contents.open(where, { signal }),
      () => contents.piece(open, handle, { no: 1, offset: 0, size: 1 }, utf8('x'), { signal }),
      () => contents.seal(open, handle, [], { size: 0, signal }),
      () => contents.size(stored, { signal }),
      () => contents.read(stored, undefined, { signal }),
      () => contents.remove([stored], { signal }),
      () => contents.abandon(open, handle, { signal }),
    ]
    for (const call of calls) await expectRejection(call())
    expect(await keys()).toEqual(['a'])
    expect(await contents.size(stored)).toBe(7)
    await expectAbsent(where)
    await contents.abandon(open, handle)
  },

  'calls: a signal stops a listing and a read on their way': async (scope) => {
    const { records, contents, key, place, expectRejection } = scope
    for (const name of ['a', 'b', 'c']) await records.put(key(name), utf8(name))
    const bytes = new Uint8Array(1024 * 1024)
    const stored = await contents.write(place(), bytes, { size: bytes.length })
    const listing = new AbortController()
    const list = records.list(key(''), { signal: listing.signal })[Symbol.asyncIterator]()
    await list.next()
    listing.abort()
    await expectRejection(list.next())
    const reading = new AbortController()
    const content = await contents.read(stored, undefined, { signal: reading.signal })
    const reader = content!.stream().getReader()
    await reader.read()
    reading.abort()
    await expectRejection(drainReader(reader))
  },

  'calls: each takes a context, which decides nothing': async (scope) => {
    const { expect } = scope
    const results = [await everyCall(scope, { context: contextOf('ada') }), await everyCall(scope, {})]
    expect(results[0]).toEqual(results[1])
  },
}

async function everyCall({ records, contents, key, place }: Scope, call: Call): Promise<unknown[]> {
  const name = key('everyone')
  const created = await records.create(name, utf8('one'), { ...call, volatile: true })
  const written = await records.put(name, utf8('two'), { ...call, version: created! })
  const rec = await records.get(name, call)
  const listed: string[] = []
  for await (const entry of records.list(name, { ...call, values: true })) listed.push(entry.key)
  const removed = await records.remove(name, written!, call)
  await records.drop([name], call)
  const stored = await contents.write(place(), utf8('content'), { ...call, size: 7 })
  const read = await contents.read(stored, { offset: 1, length: 2 }, call)
  const bytes = [...(await drain(read!.stream()))]
  const size = await contents.size(stored, call)
  await contents.remove([stored], call)
  const open = place()
  const handle = await contents.open(open, call)
  const piece = await contents.piece(open, handle, { no: 1, offset: 0, size: 1 }, utf8('x'), call)
  const sealed = await contents.seal(open, handle, [{ no: 1, ...piece }], { ...call, size: 1 })
  await contents.abandon(open, handle, call)
  await contents.remove([sealed], call)
  return [rec?.version === written, listed, removed, bytes, size]
}

async function drainReader(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read()).done);
}

function contextOf(name: string): Context {
  return {
    requestId: 'request',
    subject: { name },
    action: { endpoint: 'ping', method: 'GET' },
    defer() {},
    warn() {},
  }
}
