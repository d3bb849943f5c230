import { sizeText } from '../../../src/engine/index.ts'
import { type Descriptor, isDigestReference, isIndexType, type Tag } from '../../../src/oci/index.ts'
import type { Manifest } from '../../../src/registry.ts'
import { childrenOf, choosePlatform, formatPlatform, parsePlatform } from '../../../src/transfer/index.ts'
import { parseFlags } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { type ImageLocation, openImage } from '../places/location.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'
import { platformOf } from './copy.ts'

const FLAGS = { platform: { type: 'string' }, json: { type: 'boolean' }, ...REMOTE_FLAGS } as const

interface Body {
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
}

/** `ocikit inspect`: what an image is. */
export async function inspect(args: readonly string[], io: Io): Promise<number> {
  const { flags, text } = read('inspect', args)
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

/** `ocikit manifest`: a manifest, byte for byte. */
export async function manifest(args: readonly string[], io: Io): Promise<number> {
  const { flags, text } = read('manifest', args)
  await using location = await openImage(text, { flags, io })
  const { descriptor, bytes } = await manifestOf(location, flags.platform)
  const raw = new TextDecoder().decode(bytes)
  io.stdout.write(flags.json ? `${JSON.stringify({ ...descriptor, manifest: JSON.parse(raw) })}\n` : raw)
  return 0
}

function read(command: string, args: readonly string[]) {
  const { values, positionals } = parseFlags(args, FLAGS)
  const [text, ...more] = positionals
  if (text === undefined || more.length > 0)
    throw new UsageError(`${command} takes an image`, `see ocikit ${command} --help`)
  if (values.platform !== undefined) platformOf(values.platform)
  return { flags: values, text }
}

async function manifestOf(
  { registry, repository, reference }: ImageLocation,
  platform: string | undefined,
): Promise<Manifest> {
  const found = await registry.getManifest(repository, reference)
  if (platform === undefined || !isIndexType(found.descriptor.mediaType)) return found
  return registry.getManifest(repository, choosePlatform(found.bytes, parsePlatform(platform)))
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
  return rows.map(([name, value]) => `${name.padEnd(8)}  ${value}\n`).join('')
}
