import { expect, test } from 'vitest'
import { createLogger } from '../../adapters/cli/server/log.ts'
import type { LogFormat } from '../../adapters/cli/server/options.ts'
import type { LogFields } from '../../src/index.ts'

const NOW = '2026-01-02T03:04:05.678Z'

function lines(format: LogFormat, message: string, fields?: LogFields): string {
  const written: string[] = []
  createLogger(format, { write: (line) => written.push(line) }, 'info', () => new Date(NOW)).info(
    message,
    fields,
  )
  return written.join('')
}

const REQUEST = {
  id: 'r1',
  method: 'GET',
  path: '/v2/?n=1',
  status: 200,
  bytes: 2,
  ms: 1.25,
  subject: 'alice',
  agent: 'docker/1 "x"',
}

test('a request in JSON', () => {
  expect(JSON.parse(lines('json', 'request', REQUEST))).toEqual({
    time: NOW,
    level: 'info',
    message: 'request',
    ...REQUEST,
  })
})

test('a request in text', () => {
  expect(lines('text', 'request', REQUEST)).toBe(
    `${NOW} GET /v2/?n=1 200 2 B 1.3 ms alice "docker/1 \\"x\\"" r1\n`,
  )
})

test('other lines in text', () => {
  const error = new TypeError('two\nlines')
  const text = lines('text', 'failed', { id: 'r1', error, gone: undefined, list: ['a', 1] })
  expect(text).toBe(`${NOW} info failed id=r1 error="TypeError: two\\nlines" list=["a",1]\n`)
})

test('nothing', () => {
  expect(lines('off', 'request', REQUEST)).toBe('')
})

test.each(['json', 'text'] as const)('a line of %s stays one line, whatever a client sends', (format) => {
  const evil = `a\r\nb\u001b[2J\u0000\u007f\u0085\u2028\u2029\u202e`
  for (const message of ['request', 'other', evil]) {
    const text = lines(format, message, {
      ...REQUEST,
      path: `/${evil}`,
      agent: evil,
      subject: evil,
      id: evil,
    })
    expect(text).toMatch(/^[\x20-\x7e]+\n$/)
    if (format === 'json') expect(JSON.parse(text)).toMatchObject({ message, agent: evil })
  }
})

test.each([
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
] as const)('of level %s and above', (least, levels) => {
  const written: string[] = []
  const logger = createLogger('json', { write: (line) => written.push(line) }, least)
  for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]('said')
  expect(written.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(levels)
})
