import { describe, expect, test } from 'vitest'
import { type Logger, memory, ocikit, open, RegistryError } from '../../src/index.ts'
import { recording } from '../engine/recording.ts'
import { asked, keeping, throwing } from './failing.ts'
import { emptyIndex, errorIn, send } from './http.ts'

/** Where an error may come from: the registry, the storage below a store, or the authoriser. */
const sources: [string, (thrown: unknown, logger: Logger) => ReturnType<typeof ocikit>][] = [
  ['a wrapper', (thrown, logger) => ocikit({ registry: throwing(thrown), auth: open(), logger })],
  [
    'a driver',
    (thrown, logger) => {
      const fail = (): never => {
        throw thrown
      }
      return ocikit({ storage: recording(memory(), fail).storage, auth: open(), logger })
    },
  ],
  [
    'an authoriser',
    (thrown, logger) => {
      const authorize = (): Promise<never> => Promise.reject(thrown)
      return ocikit({ storage: memory(), auth: { ...open(), authorize }, logger })
    },
  ],
]

describe.each(sources)('what %s throws', (_, make) => {
  test('a RegistryError is shown exactly: code, message, detail, status and headers, on GET and HEAD', async () => {
    const detail = { used: 11, nested: [null, true, 'ä"'] }
    const headers = { 'Retry-After': '7', 'X-Own': 'yes' }
    const error = new RegistryError('QUOTA_EXCEEDED', 'the team has used its 10 GiB', {
      status: 429,
      detail,
      headers,
      also: [{ code: 'SECOND', message: 'b' }],
      cause: new Error('secret'),
    })
    const kit = make(error, keeping().logger)
    for (const [method, path] of asked) {
      const answer = await send(kit, method, path, method === 'PUT' ? { body: emptyIndex() } : {})
      expect([answer.status, method, path]).toEqual([429, method, path])
      expect([answer.headers.get('retry-after'), answer.headers.get('x-own')]).toEqual(['7', 'yes'])
      if (method === 'HEAD') expect(answer.text).toBe('')
      else
        expect(JSON.parse(answer.text)).toEqual({
          errors: [
            { code: 'QUOTA_EXCEEDED', message: 'the team has used its 10 GiB', detail },
            { code: 'SECOND', message: 'b' },
          ],
        })
    }
  })

  test.each([
    ['a plain error', new Error('secret inside')],
    ['an error without a stack', Object.assign(new Error('secret inside'), { stack: undefined })],
    ['a text', 'secret inside'],
    ['undefined', undefined],
    ['null', null],
    ['an object that has no text', Object.create(null) as unknown],
    ['a lookalike', { name: 'RegistryError', code: 'A', status: 418, message: 'secret inside', entries: [] }],
  ])('%s is a 500 in JSON, with the id of its log line and nothing of the inside', async (_name, thrown) => {
    const { logger, lines } = keeping()
    const kit = make(thrown, logger)
    for (const [method, path] of asked.filter(([verb]) => verb !== 'PUT')) {
      lines.splice(0)
      const answer = await send(kit, method, path)
      expect([answer.status, method, path]).toEqual([500, method, path])
      expect(`${answer.text}${[...answer.headers].join()}`).not.toContain('secret')
      const line = lines.find(({ level }) => level === 'error')
      const { id } = line?.fields ?? {}
      expect(id).toMatch(/^[0-9a-f-]{36}$/)
      if (method !== 'HEAD') expect(errorIn(answer)).toMatchObject({ code: 'UNKNOWN', detail: { id } })
      expect(lines.find(({ message }) => message === 'request')?.fields).toMatchObject({ id, status: 500 })
    }
  })
})
