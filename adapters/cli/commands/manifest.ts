import { helpOf, PLACES, REMOTE } from '../help/parts.ts'
import type { Io } from '../main.ts'
import { platformOf } from '../places/copying.ts'
import { openImage } from '../places/location.ts'
import { manifestOf } from '../places/one-manifest.ts'
import { onePlace } from '../places/one-place.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

const FLAGS = { platform: { type: 'string' }, json: { type: 'boolean' }, ...REMOTE_FLAGS } as const

/** What `--help` prints. */
export const help: string = helpOf(
  'manifest PLACE [--platform OS/ARCH] [--json]',
  'Prints a manifest as it is.',
  PLACES,
  `Flags:\n${REMOTE}`,
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
