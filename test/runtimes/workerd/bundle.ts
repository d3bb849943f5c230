import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** A Worker as it is uploaded: one module, which imports nothing that the runtime does not have. */
export async function bundle(entry: URL, options: { minify?: boolean } = {}): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    // `ocikit` stands for the sources there.
    tsconfig: fileURLToPath(new URL('../../tsconfig.json', import.meta.url)),
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    minify: options.minify ?? false,
    legalComments: 'none',
    logLevel: 'silent',
  })
  return outputFiles[0]!.text
}
