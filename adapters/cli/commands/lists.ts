import { parseFlags } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { openLocation, openRegistry } from '../places/location.ts'
import { REMOTE_FLAGS } from '../places/remote.ts'

const FLAGS = { json: { type: 'boolean' }, ...REMOTE_FLAGS } as const

/** `ocikit tags`: the tags of a repository. */
export async function tags(args: readonly string[], io: Io): Promise<number> {
  const { flags, text } = only('tags', 'a repository', args)
  await using location = await openLocation(text, { flags, io })
  return print(io, flags.json, location.registry.tags(location.repository))
}

/** `ocikit repos`: the repositories of a registry. */
export async function repos(args: readonly string[], io: Io): Promise<number> {
  const { flags, text } = only('repos', 'a registry', args)
  await using place = await openRegistry(text, { flags, io })
  if (place.below !== undefined) throw new UsageError('repos takes a registry, as in ghcr.io or oci:folder')
  return print(io, flags.json, place.registry.repositories())
}

function only(command: string, what: string, args: readonly string[]) {
  const { values, positionals } = parseFlags(args, FLAGS)
  const [text, ...more] = positionals
  if (text === undefined || more.length > 0)
    throw new UsageError(`${command} takes ${what}`, `see ocikit ${command} --help`)
  return { flags: values, text }
}

/** Line by line as they come; as JSON all at once. */
async function print(io: Io, json: boolean | undefined, list: AsyncIterable<string>): Promise<number> {
  const all: string[] = []
  for await (const each of list) {
    if (json) all.push(each)
    else io.stdout.write(`${each}\n`)
  }
  if (json) io.stdout.write(`${JSON.stringify(all)}\n`)
  return 0
}
