import type { RegistryEvent } from '../compose/index.ts'
import { isGlob, matchGlob } from '../oci/index.ts'
import type { Webhook } from './contract.ts'
import { hookId } from './keys.ts'
import { signingKey } from './sign.ts'

/** A receiver, checked. */
export interface Hook {
  readonly id: string
  readonly url: string
  /** For logs and lists: the rest of a URL may be a secret. */
  readonly host: string
  readonly keys: readonly Uint8Array<ArrayBuffer>[]
  /** Whether it is told of an event. */
  wants(event: RegistryEvent): boolean
}

const TYPES: readonly string[] = ['manifest', 'tag', 'referrer', 'blob', 'mount', 'delete', 'pull']
const CHANGES = TYPES.filter((type) => type !== 'pull')

/** Checks receivers. @throws TypeError for what makes no sense; it shows no secret, and of a URL only its host. */
export function checkHooks(webhooks: readonly Webhook[]): Hook[] {
  if (!Array.isArray(webhooks)) throw new TypeError('webhooks must be a list')
  const hooks = webhooks.map((webhook, i) => hookOf(webhook, `webhooks[${i}]`))
  if (new Set(hooks.map(({ id }) => id)).size < hooks.length)
    throw new TypeError('two webhooks have the same url: give one all the types and repositories')
  return hooks
}

function hookOf(webhook: Webhook, at: string): Hook {
  const { url, secret, types = CHANGES, repositories } = webhook
  const host = hostOf(url, at)
  const secrets = typeof secret === 'string' ? [secret] : secret
  if (!Array.isArray(secrets) || secrets.length === 0) throw new TypeError(`${at} needs a secret`)
  const unknown = types.find((type) => !TYPES.includes(type))
  if (unknown !== undefined)
    throw new TypeError(`${at}.types: there is no ${JSON.stringify(unknown)}, only ${TYPES.join(', ')}`)
  const bad = repositories?.find((glob) => !isGlob(glob))
  if (bad !== undefined)
    throw new TypeError(`${at}.repositories: ${JSON.stringify(bad)} is no name and no glob of names`)
  return {
    id: hookId(url),
    url,
    host,
    keys: secrets.map((each) => signingKey(each, at)),
    wants: ({ type, repository }) =>
      types.includes(type) && (repositories?.some((glob) => matchGlob(glob, repository)) ?? true),
  }
}

function hostOf(url: string, at: string): string {
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : null
  if (!parsed || !/^https?:$/.test(parsed.protocol))
    throw new TypeError(`${at}.url must be a URL, as in https://ci.example.com/registry`)
  if (parsed.username || parsed.password)
    throw new TypeError(`${at}.url must have no user and password: the secret signs what is sent`)
  return parsed.host
}
