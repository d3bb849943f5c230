import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { code, importsOf, partOf, ROOT, sourcesIn } from './imports.ts'

const src = sourcesIn('src')
const adapters = sourcesIn('adapters')
const all = [...src, ...adapters].flatMap(importsOf)

/** What each part of `src` may import of ours, beside itself. What is not here may import nothing. */
const ARROWS: Record<string, readonly string[]> = {
  'src/oci': [],
  'src/address.ts': [],
  'src/batches.ts': [],
  'src/body.ts': [],
  'src/further.ts': [],
  'src/listening.ts': [],
  'src/registry.ts': ['src/oci'],
  'src/content.ts': ['src/oci', 'src/registry.ts'],
  'src/hash': ['src/oci'],
  'src/storage': ['src/oci', 'src/registry.ts'],
  'src/engine': [
    'src/oci',
    'src/batches.ts',
    'src/body.ts',
    'src/registry.ts',
    'src/content.ts',
    'src/hash',
    'src/storage',
  ],
  'src/auth': ['src/oci', 'src/address.ts', 'src/registry.ts', 'src/hash'],
  // Types only, but for `auth`: what else variables turn on is passed in.
  'src/env': [
    'src/auth',
    'src/registry.ts',
    'src/limits',
    'src/watch',
    'src/engine',
    'src/webhooks',
    'src/cache',
  ],
  'src/limits': ['src/registry.ts'],
  'src/watch': ['src/oci', 'src/registry.ts', 'src/storage'],
  'src/server': [
    'src/oci',
    'src/address.ts',
    'src/batches.ts',
    'src/body.ts',
    'src/further.ts',
    'src/registry.ts',
    'src/hash',
    'src/auth',
    'src/limits',
    'src/watch',
  ],
  'src/client': [
    'src/body.ts',
    'src/further.ts',
    'src/oci',
    'src/registry.ts',
    'src/content.ts',
    'src/hash',
    'src/auth',
  ],
  'src/compose': ['src/oci', 'src/registry.ts', 'src/content.ts', 'src/hash'],
  'src/cache': ['src/oci', 'src/registry.ts', 'src/content.ts', 'src/hash', 'src/storage', 'src/compose'],
  // Events around a registry, kept as records are.
  'src/webhooks': ['src/oci', 'src/registry.ts', 'src/storage', 'src/engine', 'src/compose'],
  'src/artifact': ['src/oci', 'src/registry.ts', 'src/content.ts', 'src/hash', 'src/transfer'],
  'src/transfer': ['src/oci', 'src/body.ts', 'src/registry.ts', 'src/content.ts', 'src/hash'],
  'src/distribution': ['src/oci', 'src/body.ts', 'src/registry.ts', 'src/content.ts', 'src/hash'],
  'src/layout': ['src/oci', 'src/body.ts', 'src/registry.ts', 'src/content.ts', 'src/hash'],
}
/** They put the parts together. */
const COMPOSITION = [
  'src/ocikit.ts',
  'src/backend.ts',
  'src/told.ts',
  'src/mirrors.ts',
  'src/passed-in.ts',
  'src/index.ts',
  'src/testing',
]

/** What `src` may import of others. */
const PACKAGES = /^(hono|@noble\/hashes|valibot|jose|bcryptjs)(\/|$)/

describe('the arrows between the parts of the house', () => {
  test('imports are found at all', () => {
    expect(all.length).toBeGreaterThan(200)
    expect(importsOf('src/ocikit.ts')).toContainEqual({
      from: 'src/ocikit.ts',
      to: 'src/oci/index.ts',
      isFile: true,
    })
  })

  test('every import of a file names one that exists, with its ending', () => {
    const missing = all.filter(({ to, isFile }) => isFile && !existsSync(join(ROOT, to)))
    expect(missing).toEqual([])
  })

  test('a part of src imports only what lies below it', () => {
    const known = [...Object.keys(ARROWS), ...COMPOSITION]
    expect(
      [...new Set(src.map(partOf))].filter((part) => !known.includes(part) && part !== 'src/tsconfig.json'),
    ).toEqual([])
    const wrong = all.filter(({ from, to, isFile }) => {
      const [part, target] = [partOf(from), partOf(to)]
      if (!isFile || !from.startsWith('src/') || part === target || COMPOSITION.includes(part)) return false
      return !ARROWS[part]?.includes(target)
    })
    expect(wrong).toEqual([])
  })

  test('what puts the parts together is imported by nothing in src but itself and testing', () => {
    const wrong = all.filter(
      ({ from, to, isFile }) =>
        isFile &&
        from.startsWith('src/') &&
        COMPOSITION.includes(partOf(to)) &&
        !COMPOSITION.includes(partOf(from)),
    )
    expect(wrong).toEqual([])
  })

  test('another part is entered at its index, so that its files are its own', () => {
    const wrong = all.filter(({ from, to, isFile }) => {
      if (!isFile || !from.startsWith('src/') || partOf(from) === partOf(to)) return false
      return partOf(to) !== to && !to.endsWith('/index.ts')
    })
    expect(wrong).toEqual([])
  })

  test('src imports nothing of a runtime, of an adapter or of a package that is not agreed on', () => {
    const wrong = all.filter(
      ({ from, to, isFile }) =>
        from.startsWith('src/') && (isFile ? !to.startsWith('src/') : !PACKAGES.test(to)),
    )
    expect(wrong).toEqual([])
  })

  test('adapters import from src and each other, not from tests or examples', () => {
    const wrong = all.filter(
      ({ from, to, isFile }) => from.startsWith('adapters/') && isFile && !/^(src|adapters)\//.test(to),
    )
    expect(wrong).toEqual([])
  })

  test('an adapter does not import another one; the command may, and Next is a server of Node', () => {
    const wrong = all.filter(({ from, to, isFile }) => {
      const [part, target] = [partOf(from), partOf(to)]
      if (part === 'adapters/next' && target === 'adapters/node') return false
      // Files are read in one way, whatever is kept in them.
      if (target === 'adapters/files') return false
      return isFile && target.startsWith('adapters/') && part !== target && part.startsWith('adapters/')
        ? part !== 'adapters/cli'
        : false
    })
    expect(wrong).toEqual([])
  })

  test('no ring of imports within src, types aside', () => {
    const graph = new Map<string, string[]>()
    for (const file of src) {
      const values = code(file).replace(/\b(?:import|export) type\b[^'"]*(['"])[^'"]*\1/g, '')
      const targets = importsOf(file).filter(
        ({ to, isFile }) => isFile && values.includes(to.split('/').at(-1)!),
      )
      graph.set(
        file,
        targets.map(({ to }) => to),
      )
    }
    const done = new Set<string>()
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) throw new Error(`a ring: ${[...path, file].join(' -> ')}`)
      if (done.has(file)) return
      for (const next of graph.get(file) ?? []) visit(next, [...path, file])
      done.add(file)
    }
    for (const file of src) visit(file, [])
  })
})
