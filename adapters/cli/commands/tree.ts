import { type Digest, RegistryError } from '../../../src/oci/index.ts'
import { childrenOf, formatPlatform } from '../../../src/transfer/index.ts'
import { helpOf, JSON_FLAG, PLACES, REMOTE } from '../help/parts.ts'
import type { KnownFlags } from '../input/flags.ts'
import type { Io } from '../main.ts'
import { type ImageLocation, openImage } from '../places/location.ts'
import { onePlace } from '../places/one-place.ts'
import { printable } from '../places/printable.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

const FLAGS = { json: { type: 'boolean' }, ...REMOTE_FLAGS } as const
const MAX_DEPTH = 16

interface Node {
  readonly digest: Digest
  readonly artifactType?: string
  readonly platform?: string
  readonly manifests: readonly Node[]
  readonly referrers: readonly Node[]
}

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'tree PLACE [flags]',
  'Shows the images of an index, and what refers to each (<-).',
  PLACES,
  `Flags:
${JSON_FLAG}
${REMOTE}`,
  `Examples:
  ocikit tree localhost:5000/team/app:v1
  ocikit tree --json oci:backup/team/app:v1`,
)

/** `ocikit tree`: an image with the images in it, and with all that refers to them. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, text } = onePlace('tree', 'an image', args, FLAGS)
  await using location = await openImage(text, { flags: values, io })
  const { registry, repository, reference } = location
  const { digest } = await registry.resolveManifest(repository, reference)
  const root = await nodeOf({ location, shown: new Set() }, { digest }, 0)
  io.stdout.write(values.json ? `${JSON.stringify(root)}\n` : `${text}\n${linesOf(root, '')}`)
  return 0
}

/** A tree that is being made. */
interface Tree {
  readonly location: ImageLocation
  /** What is below these is shown already: an index may name another many times, and that the next. */
  readonly shown: Set<Digest>
}

async function nodeOf(
  tree: Tree,
  about: Omit<Node, 'manifests' | 'referrers'>,
  depth: number,
): Promise<Node> {
  const { location, shown } = tree
  const { registry, repository } = location
  const manifests: Node[] = []
  const referrers: Node[] = []
  if (depth < MAX_DEPTH && !shown.has(about.digest)) {
    shown.add(about.digest)
    for (const { digest, platform } of await childrenIn(location, about.digest))
      manifests.push(
        await nodeOf(tree, { digest, ...(platform && { platform: formatPlatform(platform) }) }, depth + 1),
      )
    for await (const { descriptor } of registry.referrers(repository, about.digest)) {
      const { digest, artifactType } = descriptor
      referrers.push(await nodeOf(tree, { digest, ...(artifactType ? { artifactType } : {}) }, depth + 1))
    }
  }
  return { ...about, manifests, referrers }
}

/** A child may be missing, or be a blob. */
async function childrenIn({ registry, repository }: ImageLocation, digest: Digest) {
  const found = await registry.getManifest(repository, digest).catch((error: unknown) => {
    if (error instanceof RegistryError && error.status === 404) return null
    throw error
  })
  return found ? childrenOf(found.bytes) : []
}

function linesOf(
  { digest, artifactType, platform, manifests, referrers }: Node,
  indent: string,
  mark = '',
): string {
  const own = `${indent}${mark}${printable([digest, platform, artifactType].filter(Boolean).join('  '))}\n`
  const below = [
    ...manifests.map((node) => linesOf(node, `${indent}  `)),
    ...referrers.map((node) => linesOf(node, `${indent}  `, '<- ')),
  ]
  return own + below.join('')
}
