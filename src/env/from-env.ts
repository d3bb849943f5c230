import { type Auth, anonymousPull, open, users } from '../auth/index.ts'
import { type EnvFeatures, type FeatureOptions, featuresIn, linesIn } from './features.ts'
import { durationOf, originsOf, quotaOf, sizeOf, switchOf, userOf } from './values.ts'
import { nameOf, type Variables, variable } from './variables.ts'

/** Options of `ocikit()` that variables can give. */
export interface EnvOptions extends FeatureOptions {
  /**
   * The users of `OCIKIT_USER`; with `OCIKIT_INSECURE_OPEN` everybody; with neither nobody, and every answer is 401. With
   * `OCIKIT_ANONYMOUS_PULL` everybody may pull.
   */
  auth: Auth
  /** `OCIKIT_PUBLIC_URL`. */
  publicUrl?: string
  /** `OCIKIT_TRUST_PROXY`: addresses and networks with commas between them, or `*`. */
  trustProxy?: true | readonly string[]
  /** `OCIKIT_SPARSE`. */
  sparse?: boolean
  /** `OCIKIT_REDIRECT`. */
  redirect?: boolean
  /** `OCIKIT_NO_DELETE` turns it off, `OCIKIT_DELETE` on. */
  deleteBlobs?: boolean
  /** The same as for blobs. */
  deleteManifests?: boolean
  /** `OCIKIT_READ_ONLY`. */
  readOnly?: boolean
  /** `OCIKIT_MAX_MANIFEST_SIZE`. */
  maxManifestSize?: number
  /** `OCIKIT_MAX_BLOB_SIZE`. */
  maxBlobSize?: number
  /** `OCIKIT_QUOTA`: one on each line, as in `team=10GiB,500`. */
  quotas?: readonly { readonly prefix: string; readonly bytes?: number; readonly manifests?: number }[]
  /** `OCIKIT_GC_GRACE`. */
  uploadExpiry?: number
  /** `OCIKIT_HEALTH`. */
  health?: boolean
  /** `OCIKIT_CORS`: origins with commas between them, or `*`. */
  cors?: '*' | readonly string[]
}

/**
 * Options from the variables that the command knows, too: `process.env`, `Deno.env.toObject()`, or the `env` of a
 * Worker. Unlike the command it opens nothing to everybody unless it is told so. Variables about listening, folders,
 * files and the log are left to the program.
 *
 * @param features What variables may turn on beside what every registry has.
 * @throws TypeError for a variable that makes no sense, or whose feature is not given; it names the variable and never
 * shows a password.
 *
 * @example
 * ```ts
 * import { fromEnv, memory, ocikit, tokenBucket, webhooks } from 'ocikit'
 *
 * const variables = { OCIKIT_USER: 'ann:secret', OCIKIT_NO_DELETE: '1', OCIKIT_RATE_LIMIT: '100/s' }
 * const kit = ocikit({ storage: memory(), ...fromEnv(variables, { tokenBucket, webhooks }) })
 * console.log((await kit.fetch(new Request('http://localhost/v2/'))).status) // 401
 * ```
 */
export function fromEnv(variables: Variables, features: EnvFeatures = {}): EnvOptions {
  const text = (option: string): string | undefined => variable(variables, option)
  const read = <T>(option: string, as: (name: string, value: string) => T): T | undefined => {
    const value = text(option)
    return value === undefined ? undefined : as(nameOf(option), value)
  }
  const on = (option: string) => read(option, switchOf)
  const deletes = deletesOf(on('delete'), on('no-delete'))
  const quotas = linesIn(text('quota')).map((value) => quotaOf(nameOf('quota'), value))
  const given = {
    publicUrl: text('public-url'),
    trustProxy: proxiesIn(text('trust-proxy')),
    sparse: on('sparse'),
    redirect: on('redirect'),
    deleteBlobs: deletes,
    deleteManifests: deletes,
    readOnly: on('read-only'),
    maxManifestSize: read('max-manifest-size', sizeOf),
    maxBlobSize: read('max-blob-size', sizeOf),
    quotas: quotas.length > 0 ? quotas : undefined,
    uploadExpiry: read('gc-grace', durationOf),
    health: on('health'),
    cors: originsOf(nameOf('cors'), text('cors')?.split(',') ?? []),
  }
  const known = linesIn(text('user')).map((value) => userOf(nameOf('user'), value))
  const isOpen = known.length === 0 && on('insecure-open') === true
  const login = isOpen ? open() : users(known)
  const auth = on('anonymous-pull') && !isOpen ? anonymousPull(login) : login
  return { ...present(given), ...featuresIn(variables, features), auth }
}

function proxiesIn(text: string | undefined): true | string[] | undefined {
  const list =
    text
      ?.split(',')
      .map((each) => each.trim())
      .filter(Boolean) ?? []
  if (list.includes('*')) return true
  return list.length > 0 ? list : undefined
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
