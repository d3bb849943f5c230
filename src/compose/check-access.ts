import { RegistryError } from '../oci/index.ts'
import { type CallOptions, defineRegistry, type ListOptions, type Registry } from '../registry.ts'
import { type AccessKind, directed } from './directed.ts'

/** Something that a call wants to do. */
export interface AccessRequest {
  /** The repository; `null` for the list of all repositories. */
  readonly repository: string | null
  /** `list` is for the tags and referrers of a repository, and for the repositories. */
  readonly kind: AccessKind
}

/**
 * Decides on a call. Only true lets it pass: anything else is `DENIED` (403), and an error that it throws is what the
 * caller gets.
 * @param options Those of the call: its context says who calls.
 */
export type AccessCheck = (access: AccessRequest, options: CallOptions) => boolean | Promise<boolean>

/**
 * A registry where every call is checked before it is made. A mount reads its source, too: one that must not be read
 * is one that cannot be mounted from. Of the repositories those are listed that may be read; a `limit` counts these. A
 * body of a call that is refused is cancelled.
 */
export function checkAccess(inner: Registry, check: AccessCheck): Registry {
  const demand = async (access: AccessRequest, options: CallOptions = {}): Promise<void> => {
    if ((await check(access, options)) !== true)
      throw new RegistryError('DENIED', 'access denied', { detail: { ...access } })
  }
  return defineRegistry({
    ...directed(
      async (repo, kind, options) => {
        await demand({ repository: repo, kind }, options)
        return { registry: inner, repo }
      },
      (repo) => repo,
    ),
    async *repositories(options) {
      await demand({ repository: null, kind: 'list' }, options)
      yield* readable(inner, demand, options)
    },
  })
}

/** The limit is one of what is shown, so that it is counted here. */
async function* readable(
  inner: Registry,
  demand: (access: AccessRequest, options?: CallOptions) => Promise<void>,
  { limit = Number.POSITIVE_INFINITY, ...options }: ListOptions = {},
): AsyncGenerator<string, void, void> {
  if (limit <= 0) return
  let given = 0
  for await (const name of inner.repositories(options)) {
    if (await isRefused(demand({ repository: name, kind: 'read' }, options))) continue
    yield name
    if (++given >= limit) return
  }
}

/** A check that cannot be made is no refusal. */
async function isRefused(checked: Promise<void>): Promise<boolean> {
  try {
    await checked
    return false
  } catch (error) {
    if (error instanceof RegistryError && error.status < 500) return true
    throw error
  }
}
