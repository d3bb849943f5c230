/**
 * The `Authorization` headers of the requests to one registry.
 *
 * Nothing is shown before the registry asks. Then Basic goes with every request, or a token for its scopes: each
 * is fetched once however many requests wait for it, kept until it ends, and forgotten when it was refused.
 * @module
 */

import { type Challenge, parseChallenges, RegistryError } from '../../oci/index.ts'
import { basicHeader, type CredentialSource, type Credentials } from './credentials.ts'
import { whyNotThere } from './private-address.ts'
import { holdsScopes, mergeScopes, parseScopes } from './scope.ts'
import { fetchToken, type TokenService } from './token.ts'

/** What an {@link Authorizer} works with. */
interface AuthorizerOptions {
  /** The registry. */
  readonly base: URL
  /** What credentials are asked for. */
  readonly host: string
  readonly credentials: CredentialSource | undefined
  /** Sends the requests for tokens. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly clientId: string
  readonly now: () => number
  /** Is given every refresh token; with it, services are asked for one where there is a password. */
  readonly onRefreshToken?: ((token: string) => void) | undefined
}

/** What a header is for. */
interface Purpose {
  /** What the request needs, merged by `mergeScopes`. */
  readonly scopes: readonly string[]
  readonly repository?: string
  /** Stops waiting. */
  readonly signal?: AbortSignal
}

/** Knows what to show to one registry. */
export interface Authorizer {
  /** The header for a request; `null` while nothing was asked for. */
  header(purpose: Purpose): Promise<string | null>
  /**
   * Looks at a refusal: a 401, or a 403 for lack of scope.
   * @param shown The header of the request that was refused.
   * @returns Another header to try once, or `null` when there is nothing else to show.
   */
  renew(response: Response, shown: string | null, purpose: Purpose): Promise<string | null>
}

interface Kept {
  readonly scopes: readonly string[]
  readonly repository: string
  readonly header: Promise<string>
  /** Known once it has arrived. */
  value?: string
  expires: number
}

/** Repositories and tokens that are remembered. */
const MAX_KEPT = 1000
/** A token is not used in its last seconds, nor in the last tenth of its life. */
const MARGIN = 5_000

/** Makes the memory of what one registry wants to see. */
export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const { base, host, now } = options
  let scheme: 'basic' | TokenService | undefined
  const tokens = new Map<string, Kept>()
  const known = new Map<string, Promise<Credentials | null>>()
  /** Refresh tokens that took the place of others. */
  const rotated = new Map<string, string>()

  const credentialsFor = ({ repository = '', signal }: Purpose): Promise<Credentials | null> => {
    const found = known.get(repository)
    if (found) return within(found, signal)
    if (known.size >= MAX_KEPT) known.clear()
    const query = repository === '' ? {} : { repository }
    const asked = (async () => (await options.credentials?.(host, query)) ?? null)().catch(notFound)
    known.set(repository, asked)
    const forget = (): void => {
      if (known.get(repository) === asked) known.delete(repository)
    }
    // Whoever has none may log in later.
    asked.then((credentials) => credentials ?? forget(), forget)
    return within(asked, signal)
  }

  const newToken = async (service: TokenService, purpose: Purpose, kept: () => Kept): Promise<string> => {
    // Whoever waits for the token may go away; the others still want it.
    const { signal: _, ...shared } = purpose
    const found = await credentialsFor(shared)
    if (found?.registryToken !== undefined) return `Bearer ${found.registryToken}`
    const refresh = found?.identityToken
    const credentials =
      found && refresh !== undefined ? { ...found, identityToken: rotated.get(refresh) ?? refresh } : found
    const { fetch, clientId, onRefreshToken } = options
    const offline = onRefreshToken !== undefined
    const token = await fetchToken({ service, scopes: purpose.scopes, credentials, clientId, offline, fetch })
    if (refresh !== undefined && token.refreshToken !== undefined) rotated.set(refresh, token.refreshToken)
    if (token.refreshToken !== undefined) onRefreshToken?.(token.refreshToken)
    kept().expires = now() + token.lifetime - Math.max(MARGIN, token.lifetime / 10)
    return token.header
  }

  const tokenFor = (service: TokenService, purpose: Purpose): Promise<string> => {
    const { repository = '', scopes, signal } = purpose
    for (const [key, kept] of tokens) {
      if (kept.expires <= now()) tokens.delete(key)
      else if (kept.repository === repository && holdsScopes(kept.scopes, scopes))
        return within(kept.header, signal)
    }
    if (tokens.size >= MAX_KEPT) tokens.clear()
    const key = `${repository} ${scopes.join(' ')}`
    const header = newToken(service, purpose, () => kept)
    const kept: Kept = { scopes, repository, header, expires: Number.POSITIVE_INFINITY }
    tokens.set(key, kept)
    const forget = (): void => {
      if (tokens.get(key) === kept) tokens.delete(key)
    }
    header.then(
      (value) => {
        kept.value = value
      },
      () => {
        known.delete(repository)
        forget()
      },
    )
    return within(header, signal)
  }

  const basicFor = async (purpose: Purpose): Promise<string | null> => {
    const { username, password } = (await credentialsFor(purpose)) ?? {}
    return username === undefined || password === undefined ? null : basicHeader(username, password)
  }

  return {
    async header(purpose) {
      if (scheme === undefined) return null
      return scheme === 'basic' ? basicFor(purpose) : tokenFor(scheme, purpose)
    },
    async renew(response, shown, purpose) {
      const challenge = chooseChallenge(response)
      if (!challenge) return null
      if (challenge.scheme === 'basic') {
        if (scheme === 'basic' && shown !== null) known.delete(purpose.repository ?? '')
        scheme = 'basic'
        const header = await basicFor(purpose)
        return header === shown ? null : header
      }
      scheme = serviceOf(challenge, base)
      if (shown !== null) known.delete(purpose.repository ?? '')
      for (const [key, kept] of tokens) {
        if (shown !== null && kept.value === shown) tokens.delete(key)
      }
      const wanted = parseScopes(challenge.params.get('scope') ?? '')
      const header = await tokenFor(scheme, { ...purpose, scopes: mergeScopes(purpose.scopes, wanted) })
      return header === shown ? null : header
    },
  }
}

/** A token before a password; of a 403 only what says that another token would help. */
function chooseChallenge({ status, headers }: Response): Challenge | undefined {
  const challenges = parseChallenges(headers.get('www-authenticate'))
  const bearer = challenges.find(({ scheme, params }) => scheme === 'bearer' && params.has('realm'))
  if (status === 403) return bearer?.params.get('error') === 'insufficient_scope' ? bearer : undefined
  return bearer ?? challenges.find(({ scheme }) => scheme === 'basic')
}

/** Asking the registry again does not help against this. */
function notFound(cause: unknown): never {
  if (cause instanceof RegistryError) throw cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  throw new RegistryError('UNAUTHORIZED', `the credentials could not be looked up: ${reason}`, { cause })
}

/** A realm gets passwords, so a registry may not name just any. */
function serviceOf({ params }: Challenge, base: URL): TokenService {
  const text = params.get('realm')!
  const realm = URL.canParse(text, base) ? new URL(text, base) : undefined
  const reason = realm ? whyNotThere(base, realm) : 'it is not a URL'
  if (!realm || reason !== null)
    throw new RegistryError('UNAUTHORIZED', `the token service that ${base.host} names is refused: ${reason}`)
  const service = params.get('service')
  return service === undefined ? { realm } : { realm, service }
}

/** Waits as long as the caller does; what others wait for goes on. */
function within<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
