/**
 * What is typed of files and of the artifact that they become.
 * @module
 */

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { ArtifactAbout } from '../../../src/artifact/index.ts'
import { isMediaType } from '../../../src/oci/index.ts'
import { type LocalFile, localFile, streamedFile } from '../../artifact/index.ts'
import type { Io } from '../main.ts'
import { UsageError } from './values.ts'

/** The flags of `push` and `attach`. */
export const ARTIFACT_FLAGS = {
  'artifact-type': { type: 'string' },
  annotation: { type: 'string', multiple: true },
  'annotation-file': { type: 'string' },
  title: { type: 'string' },
  concurrency: { type: 'string' },
  quiet: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

/** The flags as given. */
export interface ArtifactValues {
  readonly 'artifact-type'?: string
  readonly annotation?: string[]
  readonly 'annotation-file'?: string
  readonly title?: string
}

/** Something as it was typed, `NAME:MEDIATYPE`. */
interface Typed {
  readonly name: string
  readonly mediaType?: string
}

/** What stands for the standard input. */
const STDIN = '-'

type Annotations = Readonly<Record<string, string>>

/** Files and what is said of them, checked as far as nothing need be read for it. */
export interface ArtifactInput {
  readonly about: ArtifactAbout
  /** Opens the files, in order, and packs folders. */
  open(signal: AbortSignal): Promise<OpenFiles>
}

/** Files that are open. Disposing of them frees what was packed. */
interface OpenFiles extends AsyncDisposable {
  readonly files: readonly LocalFile[]
}

/** Reads what was typed. @throws {@link UsageError} */
export async function artifactInput(
  values: ArtifactValues,
  texts: readonly string[],
  io: Io,
): Promise<ArtifactInput> {
  const artifactType = values['artifact-type']
  if (artifactType !== undefined && !isMediaType(artifactType))
    throw new UsageError('--artifact-type must be a media type, as in application/spdx+json')
  const typed = texts.map(typedFile)
  if (typed.filter(({ name }) => name === STDIN).length > 1)
    throw new UsageError('the standard input can be only one of the files')
  if (values.title !== undefined && !typed.some(({ name }) => name === STDIN))
    throw new UsageError('--title is what the standard input is called: write - as one of the files')
  const { $manifest, $config, ...ofFiles } = await annotationsOf(values)
  const unknown = Object.keys(ofFiles).find((file) => !typed.some(({ name }) => name === file))
  if (unknown !== undefined)
    throw new UsageError(`--annotation-file speaks of ${JSON.stringify(unknown)}, which is none of the files`)
  return {
    about: {
      ...(artifactType === undefined ? {} : { artifactType }),
      ...($manifest && { annotations: $manifest }),
      ...($config && { configAnnotations: $config }),
    },
    async open(signal) {
      const files: LocalFile[] = []
      const close = async (): Promise<void> => {
        for (const file of files) await file[Symbol.asyncDispose]()
      }
      try {
        for (const each of typed) {
          const noted = ofFiles[each.name]
          const isStdin = each.name === STDIN
          files.push(
            await (isStdin ? openStdin(io, values.title, noted, signal) : openTyped(each, noted, signal)),
          )
        }
        return { files, [Symbol.asyncDispose]: close }
      } catch (error) {
        await close()
        throw error
      }
    },
  }
}

/** Splits `NAME:MEDIATYPE`; `NAME:` has no type, also where the name has a colon. */
function typedName(text: string): Typed {
  const colon = text.lastIndexOf(':')
  const [name, mediaType] = [text.slice(0, colon), text.slice(colon + 1)]
  if (colon < 0 || (mediaType !== '' && !isMediaType(mediaType))) return { name: text }
  return mediaType === '' ? { name } : { name, mediaType }
}

/** A text that is wholly the path of something is taken as that. */
function typedFile(text: string): Typed {
  if (text === STDIN || existsSync(text)) return { name: text }
  const typed = typedName(text)
  if (existsSync(typed.name)) return typed
  throw new UsageError(`there is no file ${JSON.stringify(typed.name)}`, 'write FILE or FILE:MEDIATYPE')
}

async function openTyped(
  { name, mediaType }: Typed,
  annotations: Annotations | undefined,
  signal: AbortSignal,
): Promise<LocalFile> {
  return localFile(name, {
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(annotations && { annotations }),
    signal,
  })
}

async function openStdin(
  { stdin = Readable.from([]) }: Io,
  title: string | undefined,
  annotations: Annotations | undefined,
  signal: AbortSignal,
): Promise<LocalFile> {
  const { name, mediaType } = typedName(title ?? '')
  return streamedFile(stdin, {
    ...(name === '' ? {} : { title: name }),
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(annotations && { annotations }),
    signal,
  })
}

/** Those of the file, and those of flags, which are of the manifest and win. */
async function annotationsOf(values: ArtifactValues): Promise<Readonly<Record<string, Annotations>>> {
  const path = values['annotation-file']
  const noted = path === undefined ? {} : await annotationFile(path)
  const typed = (values.annotation ?? []).map((text): [string, string] => {
    const at = text.indexOf('=')
    if (at < 1) throw new UsageError('--annotation must be written KEY=VALUE')
    return [text.slice(0, at), text.slice(at + 1)]
  })
  if (typed.length === 0) return noted
  return { ...noted, $manifest: { ...noted['$manifest'], ...Object.fromEntries(typed) } }
}

/** As oras has it: by `$manifest`, `$config` and the names of files. */
async function annotationFile(path: string): Promise<Record<string, Annotations>> {
  const rule =
    '--annotation-file must hold JSON as in {"$manifest": {"key": "value"}, "file": {"key": "value"}}'
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new UsageError(`--annotation-file cannot be read: ${error.message}`)
  })
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw new UsageError(rule)
  }
  if (!isObject(body)) throw new UsageError(rule)
  for (const each of Object.values(body)) {
    if (!isObject(each) || !Object.values(each).every((value) => typeof value === 'string'))
      throw new UsageError(rule)
  }
  return body as Record<string, Annotations>
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
