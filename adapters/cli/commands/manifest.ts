import { helpOf, PLACES, PLATFORM_FLAG, REMOTE } from '../help/parts.ts'
import type { KnownFlags } from '../input/flags.ts'
import type { Io } from '../main.ts'
import { platformOf } from '../places/copying.ts'
import { openImage } from '../places/location.ts'
import { manifestOf } from '../places/one-manifest.ts'
import { onePlace } from '../places/one-place.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

const FLAGS = { platform: { type: 'string' }, json: { type: 'boolean' }, ...REMOTE_FLAGS } as const

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'manifest PLACE [flags]',
  'Prints a manifest as it is.',
  PLACES,
  `Flags:
${PLATFORM_FLAG}
  --json                    with its digest, size and media type around it
${REMOTE}`,
  `Examples:
  ocikit manifest localhost:5000/team/app:v1
  ocikit manifest --platform linux/amd64 --json oci:backup/team/app:v1`,
)

/** `ocikit manifest`: a manifest, byte for byte. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values: flags, text } = onePlace('manifest', 'an image', args, FLAGS)
  if (flags.platform !== undefined) platformOf(flags.platform)
  await using location = await openImage(text, { flags, io })
  const { descriptor, bytes } = await manifestOf(location, flags.platform)
  const raw = new TextDecoder().decode(bytes)
  io.stdout.write(flags.json ? `${JSON.stringify({ ...descriptor, manifest: JSON.parse(raw) })}\n` : raw)
  return 0
}
