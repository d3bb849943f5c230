/**
 * What the tests of regctl start with.
 * @module
 */

import { mkdir } from 'node:fs/promises'
import { pushFromLayout } from './api.ts'
import { type Folder, temporaryFolder } from './process.ts'
import { startRegistry, type TestRegistry } from './registry.ts'
import { makeSamples, type Samples } from './samples.ts'
import { type Client, client } from './tools.ts'

/** The type of what `attach` puts. */
export const sbom = 'application/vnd.test.sbom'

/** regctl with a home and a registry of its own. */
export interface Regctl {
  readonly folder: Folder
  readonly registry: TestRegistry
  readonly samples: Samples
  readonly regctl: Client
  /** regctl that reads `input`. */
  given(input: string | Buffer): Client
  /** Tells it that a registry has no certificate, and more flags about it. */
  use(registry: TestRegistry, ...flags: string[]): Promise<string>
  /** A repository, or an image, as regctl calls it. */
  remote(name: string): string
  /** Uploads a sample, without regctl. */
  push(name: string, tag: string, sample?: 'image' | 'index' | 'empty'): Promise<void>
  /** Puts an artifact about another. */
  attach(subject: string, text: string, ...flags: string[]): Promise<string>
  /** Ends and removes it all. */
  remove(): Promise<void>
}

/** Starts. */
export async function startRegctl(): Promise<Regctl> {
  const folder = await temporaryFolder()
  const registry = await startRegistry()
  const samples = await makeSamples(folder.at('layout'))
  await mkdir(folder.at('docker'))
  const env = { HOME: folder.path, DOCKER_CONFIG: folder.at('docker'), REGCTL_CONFIG: folder.at('regctl') }
  const given = (input: string | Buffer) => client('regctl', [], { env, input })
  const regctl = given('')
  const all: Regctl = {
    folder,
    registry,
    samples,
    regctl,
    given,
    use: ({ host }, ...flags) =>
      regctl.ok('registry', 'set', host, '--tls', 'disabled', '--skip-check', ...flags),
    remote: (name) => `${registry.host}/regctl/${name}`,
    push: (name, tag, sample = 'image') =>
      pushFromLayout(registry, `regctl/${name}`, samples.layout, samples[sample], tag),
    attach: (subject, text, ...flags) =>
      given(text).ok('artifact', 'put', '--artifact-type', sbom, '--subject', subject, ...flags),
    async remove() {
      await registry.stop()
      await folder.remove()
    },
  }
  await all.use(registry)
  return all
}
