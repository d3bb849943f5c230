import { globSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { blocksOf, ROOT, read, readme } from './markdown.ts'

/** A TypeScript example as somebody would copy it. */
export interface Example {
  /** Where it is from. */
  readonly from: string
  /** Its file's name. */
  readonly file: string
  readonly code: string
  readonly mark?: string
}

/** All examples: of the page, and of the comments in the sources. */
export function allExamples(): Example[] {
  const places = [
    { path: 'README.md', text: readme },
    ...globSync('{src,adapters}/**/*.ts', { cwd: ROOT })
      .sort()
      .map((path) => ({ path, text: commentsOf(read(path)) })),
  ]
  return places.flatMap(({ path, text }) =>
    blocksOf(text)
      .filter(({ language }) => language === 'ts')
      .map(({ code, mark }, at) => ({
        from: at === 0 ? path : `${path}, ${at + 1}`,
        file: `${path.replaceAll(/[^\w]/g, '-')}-${at + 1}.ts`,
        code,
        ...(mark !== undefined && { mark }),
      })),
  )
}

/** What the examples tell of their output: the text after `// ` behind a call of `console.log`. */
export function expectedOf({ code }: Example): string[] {
  const logs = code.split('\n').filter((line) => line.includes('console.log('))
  return logs.flatMap((line) => /console\.log\(.*\) *\/\/ (.*)$/.exec(line)?.[1] ?? [])
}

/** Whether it prints, and tells all that it prints. */
export function isTold(example: Example): boolean {
  const logs = example.code.match(/console\.log\(/g) ?? []
  return logs.length > 0 && expectedOf(example).length > 0
}

/** The text of the JSDoc comments. */
function commentsOf(source: string): string {
  const comments = source.match(/\/\*\*.*?\*\//gs) ?? []
  return comments.map((text) => text.replaceAll(/^ *\/?\*{1,2}\/? ?/gm, '')).join('\n')
}

/** Strict as the project is, and as whoever installs the package sees it. */
const CONFIG = {
  extends: `${ROOT}/tsconfig.json`,
  compilerOptions: {
    noEmit: true,
    rootDir: '/',
    isolatedDeclarations: false,
    declaration: false,
    declarationMap: false,
    sourceMap: false,
    rewriteRelativeImportExtensions: false,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
  },
  include: ['*.ts'],
}

/**
 * Writes the examples into a folder in which the package seems to be installed: under its own name and with its
 * own exports, which lead to the sources instead of to what is built of them.
 */
export async function writeExamples(folder: string, examples: readonly Example[]): Promise<void> {
  const own = join(folder, 'node_modules/ocikit')
  await mkdir(own, { recursive: true })
  for (const name of ['src', 'adapters']) await symlink(`${ROOT}/${name}`, join(own, name))
  for (const name of ['hono', '@types', 'vitest']) {
    await symlink(`${ROOT}/node_modules/${name}`, join(folder, 'node_modules', name))
  }
  await writeFile(join(own, 'package.json'), JSON.stringify(sourcePackage()))
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(CONFIG))
  for (const { file, code } of examples) await writeFile(join(folder, file), code)
}

function sourcePackage(): unknown {
  const { name, version, type, exports } = JSON.parse(read('package.json'), (_key, value: unknown) =>
    typeof value === 'string' ? value.replace(/^\.\/dist\/(.*?)(\.d\.ts|\.js)$/, './$1.ts') : value,
  ) as Record<string, unknown>
  return { name, version, type, exports }
}
