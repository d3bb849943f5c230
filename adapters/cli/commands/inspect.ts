import { sizeText } from '../../../src/engine/usage/quota.ts'
import { type Descriptor, isDigestReference, type Tag } from '../../../src/oci/index.ts'
import { childrenOf, formatPlatform } from '../../../src/transfer/index.ts'
import { helpOf, JSON_FLAG, PLACES, PLATFORM_FLAG, REMOTE } from '../help/parts.ts'
import type { KnownFlags } from '../input/flags.ts'
import type { Io } from '../main.ts'
import { platformOf } from '../places/copying.ts'
import { type ImageLocation, openImage } from '../places/location.ts'
import { manifestOf } from '../places/one-manifest.ts'
import { onePlace } from '../places/one-place.ts'
import { printable } from '../places/printable.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

const FLAGS = { platform: { type: 'string' }, json: { type: 'boolean' }, ...REMOTE_FLAGS } as const

interface Body {
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
}

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'inspect PLACE [flags]',
  'Tells what an image is.',
  PLACES,
  `Flags:
${PLATFORM_FLAG}
${JSON_FLAG}
${REMOTE}`,
  `Examples:
  ocikit inspect localhost:5000/team/app:v1
  ocikit inspect --platform linux/arm64 --json oci:backup/team/app:v1`,
)

/** `ocikit inspect`: what an image is. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values: flags, text } = onePlace('inspect', 'an image', args, FLAGS)
  if (flags.platform !== undefined) platformOf(flags.platform)
  await using location = await openImage(text, { flags, io })
  const manifest = await manifestOf(location, flags.platform)
  const body = JSON.parse(new TextDecoder().decode(manifest.bytes)) as Body
  const config = await configOf(location, body)
  const platforms = childrenOf(manifest.bytes).flatMap(({ platform }) =>
    platform ? [formatPlatform(platform)] : [],
  )
  const tag: { tag?: Tag } = isDigestReference(location.reference) ? {} : { tag: location.reference }
  const about = { ...manifest.descriptor, ...tag, manifest: body, ...(config ? { config } : {}), platforms }
  io.stdout.write(
    flags.json ? `${JSON.stringify(about)}\n` : asText(manifest.descriptor, body, platforms, config),
  )
  return 0
}

/** Only of images: the configuration of another artifact may be anything. */
async function configOf(
  { registry, repository }: ImageLocation,
  { config }: Body,
): Promise<Record<string, unknown> | null> {
  if (!config || !/\+json$/.test(config.mediaType)) return null
  const content = await registry.getBlob(repository, config.digest)
  return JSON.parse(new TextDecoder().decode(await content.bytes())) as Record<string, unknown>
}

function asText(
  { digest, mediaType, size }: Descriptor,
  { layers = [] }: Body,
  platforms: readonly string[],
  config: Record<string, unknown> | null,
): string {
  const own = config?.['os'] && config['architecture'] ? [`${config['os']}/${config['architecture']}`] : []
  const rows: [string, string][] = [
    ['digest', digest],
    ['type', mediaType],
    ['manifest', sizeText(size)],
    ...[...platforms, ...own].map((each): [string, string] => ['platform', each]),
    ...(typeof config?.['created'] === 'string'
      ? [['created', config['created']] satisfies [string, string]]
      : []),
    ...layers.map((each): [string, string] => ['layer', `${each.digest}  ${sizeText(each.size)}`]),
  ]
  return rows.map(([name, value]) => `${name.padEnd(8)}  ${printable(value)}\n`).join('')
}
