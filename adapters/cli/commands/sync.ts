import type { ParseArgsConfig } from 'node:util'
import { isGlob, isName } from '../../../src/oci/index.ts'
import { type Synced, type SyncedTag, sync as syncRegistries } from '../../../src/transfer/index.ts'
import { COPYING, helpOf, REMOTE } from '../help/parts.ts'
import { type KnownFlags, parseFlags } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { COPY_FLAGS, copyOptions } from '../places/copying.ts'
import { untilStopped } from '../places/ending.ts'
import { openRegistry, withoutLogin } from '../places/location.ts'
import { printable } from '../places/printable.ts'
import { withProgress } from '../places/progress.ts'

const FLAGS = {
  ...COPY_FLAGS,
  repository: { type: 'string', multiple: true },
  tag: { type: 'string', multiple: true },
  'dry-run': { type: 'boolean' },
} as const satisfies ParseArgsConfig['options']

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What `--help` prints. */
export const help: string = helpOf(
  'sync SOURCE DESTINATION [flags]',
  `Makes the tags of one registry those of another. Nothing is deleted.`,
  `SOURCE is a registry, host, or a part of it, host/team/**. DESTINATION is a registry, or a name in it to put
all below, host/mirror. oci:folder is a folder with a layout for each repository. SOURCE may also be what CNCF
distribution keeps, distribution:folder or distribution:s3://bucket/prefix, where no server need run.`,
  `Flags:
  --repository GLOB         only these repositories, as in 'team/**'; repeatable (all)
  --tag GLOB                only these tags, as in 'v1.*'; repeatable (all)
  --dry-run                 only say what would be copied
${COPYING}
${REMOTE}`,
  `Examples:
  ocikit sync registry.example.com localhost:5000/mirror
  ocikit sync --tag 'v*' --dry-run registry.example.com/team/app oci:backup
  ocikit sync --referrers distribution:/var/lib/registry localhost:5000`,
)

/** `ocikit sync`: the tags of one registry into another. Exit code 1 if some of them failed. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS)
  const [from, to, ...more] = positionals
  if (from === undefined || to === undefined || more.length > 0)
    throw new UsageError('sync takes a source and a destination', 'see ocikit sync --help')
  const how = copyOptions(values)
  // Each tag has its line: with those of its blobs nobody would find it.
  const show = { isQuiet: Boolean(values.quiet || values.json), hasLines: false }
  return untilStopped(io, (signal) =>
    withProgress(io, show, async (shown, watched) => {
      await using source = await openRegistry(from, { flags: values, io: shown })
      await using destination = await openRegistry(to, { flags: values, io: shown, write: true })
      const result = await syncRegistries(source.registry, destination.registry, {
        ...how,
        ...watched,
        ...wanted(source.below, values),
        ...prefixOf(destination.below),
        dryRun: values['dry-run'] ?? false,
        onTag: (tag) => {
          if (!values.quiet) shown.stdout.write(lineOf(tag, values.json))
        },
        signal,
      })
      shown.stdout.write(
        values.json ? `${JSON.stringify(result)}\n` : `${summary(result, values['dry-run'])}\n`,
      )
      return result.failed > 0 ? 1 : 0
    }),
  )
}

function wanted(
  below: string | undefined,
  { repository, tag }: { readonly repository?: string[]; readonly tag?: string[] },
): { repositories?: string[]; tags?: string[] } {
  const globs = [...(below === undefined ? [] : [below]), ...(repository ?? [])]
  const wrong = globs.find((glob) => !isGlob(glob))
  if (wrong !== undefined)
    throw new UsageError(
      `${JSON.stringify(withoutLogin(wrong))} is no name of repositories: write it as in team/** or team/app`,
    )
  if (tag?.some((glob) => !/^[\w.*-]{1,128}$/.test(glob)))
    throw new UsageError('--tag must be a tag, or as in v1.*')
  return { ...(globs.length > 0 && { repositories: globs }), ...(tag && { tags: tag }) }
}

function prefixOf(below: string | undefined): { prefix?: string } {
  if (below === undefined) return {}
  if (!isName(below))
    throw new UsageError(`${JSON.stringify(withoutLogin(below))} is no name to put repositories below`)
  return { prefix: below }
}

function lineOf({ error, ...synced }: SyncedTag, json: boolean | undefined): string {
  const { repository, to, tag, state } = synced
  if (json) return `${JSON.stringify({ ...synced, ...(error && { error: error.message }) })}\n`
  const name = `${repository}${tag && `:${tag}`}${to === repository ? '' : ` -> ${to}`}`
  const why = error ? `  ${error.message.replace(/\s+/g, ' ')}` : ''
  return `${printable(`${state.padEnd(7)}  ${name}${why}`)}\n`
}

function summary({ repositories, copied, there, failed }: Synced, dryRun: boolean | undefined): string {
  const moved = dryRun ? `${copied} would be copied` : `${copied} copied`
  return `${repositories} repositories: ${moved}, ${there} were there, ${failed} failed`
}
