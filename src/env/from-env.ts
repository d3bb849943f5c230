import { type Auth, open, users } from '../auth/index.ts'
import { originsOf, quotaOf, sizeOf, switchOf, userOf } from './values.ts'
import { nameOf, type Variables, variable } from './variables.ts'

/** Options of `ocikit()` that variables can give. */
export interface EnvOptions {
  /** The users of `OCIKIT_USER`; with `OCIKIT_INSECURE_OPEN` everybody; with neither nobody, and every answer is 401. */
  auth: Auth
  /** `OCIKIT_SPARSE`. */
  sparse?: boolean
  /** `OCIKIT_REDIRECT`. */
  redirect?: boolean
  /** `OCIKIT_NO_DELETE` turns it off, `OCIKIT_DELETE` on. */
  deleteBlobs?: boolean
  /** The same as for blobs. */
  deleteManifests?: boolean
  /** `OCIKIT_MAX_MANIFEST_SIZE`. */
  maxManifestSize?: number
  /** `OCIKIT_MAX_BLOB_SIZE`. */
  maxBlobSize?: number
  /** `OCIKIT_QUOTA`: one on each line, as in `team=10GiB,500`. */
  quotas?: readonly { readonly prefix: string; readonly bytes?: number; readonly manifests?: number }[]
  /** `OCIKIT_CORS`: origins with commas between them, or `*`. */
  cors?: '*' | readonly string[]
}

/**
 * Options from the variables that the command knows, too: `process.env`, `Deno.env.toObject()`, or the `env` of a
 * Worker. Unlike the command it opens nothing to everybody unless it is told so.
 *
 * @throws TypeError for a variable that makes no sense; it names the variable and never shows a password.
 *
 * @example
 * ```ts
 * import { fromEnv, memory, ocikit } from 'ocikit'
 *
 * const kit = ocikit({ storage: memory(), ...fromEnv({ OCIKIT_USER: 'ann:secret', OCIKIT_NO_DELETE: '1' }) })
 * console.log((await kit.fetch(new Request('http://localhost/v2/'))).status) // 401
 * ```
 */
export function fromEnv(variables: Variables): EnvOptions {
  const text = (option: string): string | undefined => variable(variables, option)
  const on = (option: string): boolean | undefined => {
    const value = text(option)
    return value === undefined ? undefined : switchOf(nameOf(option), value)
  }
  const size = (option: string): number | undefined => {
    const value = text(option)
    return value === undefined ? undefined : sizeOf(nameOf(option), value)
  }
  const list = text('user')?.split(/\r?\n/).filter(Boolean) ?? []
  const known = list.map((value) => userOf(nameOf('user'), value))
  const quotas = text('quota')
    ?.split(/\r?\n/)
    .filter(Boolean)
    .map((value) => quotaOf(nameOf('quota'), value))
  const deletes = deletesOf(on('delete'), on('no-delete'))
  const given = {
    sparse: on('sparse'),
    redirect: on('redirect'),
    deleteBlobs: deletes,
    deleteManifests: deletes,
    maxManifestSize: size('max-manifest-size'),
    maxBlobSize: size('max-blob-size'),
    quotas,
    cors: originsOf(nameOf('cors'), text('cors')?.split(',') ?? []),
  }
  const isOpen = known.length === 0 && on('insecure-open') === true
  return { ...present(given), auth: isOpen ? open() : users(known) }
}

function deletesOf(may: boolean | undefined, mayNot: boolean | undefined): boolean | undefined {
  if (may !== undefined && may === mayNot)
    throw new TypeError('OCIKIT_DELETE and OCIKIT_NO_DELETE contradict each other')
  return may ?? (mayNot === undefined ? undefined : !mayNot)
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>
}
