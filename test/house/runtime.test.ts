import { expect, test } from 'vitest'
import { code, filesIn, read, sourcesIn } from './imports.ts'

const FORBIDDEN =
  /(?<![\w.$'"`/-])(Buffer|process|Deno|Bun|require|__dirname|__filename|setImmediate)(?=\s*(?:[.([]|\?\.))/

test('tests run on Node 24', () => {
  expect(process.versions.node).toMatch(/^24\./)
})

test('src uses no global of a runtime; only hash/native.ts asks for one, through globalThis', () => {
  const found = sourcesIn('src').flatMap((file) => {
    const match = FORBIDDEN.exec(code(file))
    return match ? [`${file}: ${match[1]}`] : []
  })
  expect(found).toEqual([])
  const askers = sourcesIn('src').filter((file) => code(file).includes('globalThis'))
  expect(askers).toEqual(['src/hash/native.ts'])
})

test('no file is longer than 300 lines', () => {
  const folders = ['src', 'adapters', 'test', 'examples']
  const long = folders
    .flatMap(filesIn)
    .filter((file) => /\.(ts|mts|js|mjs)$/.test(file) && !/(^|\/)dist\//.test(file))
    .map((file) => ({ file, lines: read(file).split('\n').length - 1 }))
    // The contract is one page on purpose.
    .filter(({ lines, file }) => lines > (file === 'src/registry.ts' ? 400 : 300))
    .map(({ file, lines }) => `${file}: ${lines}`)
  expect(long).toEqual([])
})

test('comments name no place on a machine and nobody who is to do something', () => {
  const found = [...sourcesIn('src'), ...sourcesIn('adapters')].filter((file) =>
    /\b(?:TODO|FIXME|XXX|HACK)\b|\/(?:work|home|tmp)\//.test(read(file)),
  )
  expect(found).toEqual([])
})
