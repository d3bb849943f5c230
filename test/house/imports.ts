import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url))

/** Files of a folder and of those below it, relative to the root of the project. */
export function filesIn(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return []
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\/(node_modules|\.next)(\/|$)/.test(entry.parentPath))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort()
}

export function sourcesIn(folder: string): string[] {
  return filesIn(folder).filter((file) => file.endsWith('.ts'))
}

export function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** The source without comments, so that words in them count for nothing. */
export function code(file: string): string {
  return read(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1')
}

/** An import: of another file, relative to the root of the project, or of a package as it is written. */
export interface Import {
  readonly from: string
  readonly to: string
  readonly isFile: boolean
}

const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(['"])([^'"\n]+)\1/g

export function importsOf(file: string): Import[] {
  return [...code(file).matchAll(SPECIFIER)].map(([, , specifier = '']) => {
    const isFile = specifier.startsWith('.')
    const target = isFile ? relative(ROOT, resolve(join(ROOT, dirname(file)), specifier)) : specifier
    return { from: file, to: target, isFile }
  })
}

/** Where a file of `src` or `adapters` belongs: `src/oci`, `src/registry.ts`, `adapters/storage/fs`. */
export function partOf(file: string): string {
  const [top = '', second = '', third = ''] = file.split('/')
  return top === 'adapters' && second === 'storage' ? `${top}/${second}/${third}` : `${top}/${second}`
}
