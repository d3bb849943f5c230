import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesIn, importsOf, ROOT, read, sourcesIn } from './imports.ts'

interface Package {
  readonly exports: Record<string, string | { types: string; default: string }>
  readonly bin: Record<string, string>
  readonly dependencies: Record<string, string>
  readonly engines: { node: string }
  readonly scripts: { doc: string }
}

const manifest = JSON.parse(read('package.json')) as Package
const entries = Object.entries(manifest.exports).filter(
  (entry): entry is [string, { types: string; default: string }] => typeof entry[1] === 'object',
)

/** Parts that are not for others: they come out through the index of `src`, or not at all. */
const INTERNAL = [
  'src/engine/index.ts',
  'src/server/index.ts',
  'src/hash/index.ts',
  'src/auth/index.ts',
  'src/auth/client/index.ts',
  'src/env/index.ts',
  'src/limits/index.ts',
  'src/watch/index.ts',
  'src/webhooks/index.ts',
]

/** The source that a built file is made of. */
function sourceOf(built: string): string {
  return built.replace(/^\.\/dist\//, '').replace(/(\.d\.ts|\.js)$/, '.ts')
}

describe('package.json', () => {
  test.each(entries)('%s is built from a source that exists, with its types', (_, target) => {
    expect(target.default).toMatch(/^\.\/dist\/.*\.js$/)
    expect(target.types).toBe(target.default.replace(/\.js$/, '.d.ts'))
    expect(existsSync(join(ROOT, sourceOf(target.default)))).toBe(true)
  })

  test('its commands are built from sources that exist', () => {
    for (const built of Object.values(manifest.bin))
      expect(existsSync(join(ROOT, sourceOf(built))), built).toBe(true)
  })

  test('every index is exported, or known to be internal', () => {
    const exported = entries.map(([, target]) => sourceOf(target.default))
    const indexes = [...filesIn('src'), ...filesIn('adapters')].filter((file) =>
      /(^|\/)index\.ts$/.test(file),
    )
    expect(indexes.filter((file) => !exported.includes(file) && !INTERNAL.includes(file))).toEqual([])
    for (const file of INTERNAL) expect(existsSync(join(ROOT, file)), `${file} is no more`).toBe(true)
  })

  test('every specifier of it in the README and in the sources is exported', () => {
    const specifiers = ['README.md', ...sourcesIn('src'), ...sourcesIn('adapters')].flatMap((file) =>
      [...read(file).matchAll(/(['"`])(ocikit(?:\/[\w./-]+)?)\1/g)].map(([, , specifier = '']) => specifier),
    )
    expect(specifiers).toContain('ocikit/oci')
    const unknown = specifiers.filter((specifier) => !(specifier.replace('ocikit', '.') in manifest.exports))
    expect([...new Set(unknown)]).toEqual([])
  })

  test('the docstrings of every entry are checked', () => {
    const checked = manifest.scripts.doc.split(' ').filter((word) => word.endsWith('.ts'))
    expect(checked.sort()).toEqual(entries.map(([, target]) => sourceOf(target.default)).sort())
  })

  test('every package that the sources import is a dependency, at an exact version, and no other', () => {
    const imported = [...sourcesIn('src'), ...sourcesIn('adapters')]
      .flatMap(importsOf)
      .filter(({ to, isFile }) => !isFile && !/^(node|bun|cloudflare|jsr|npm):/.test(to))
      .map(({ to }) => to.split('/', to.startsWith('@') ? 2 : 1).join('/'))
      .filter((name) => name !== 'ocikit')
    expect([...new Set(imported)].sort()).toEqual(Object.keys(manifest.dependencies).sort())
    for (const version of Object.values(manifest.dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  })
})
