/**
 * Options that are values: what each of them has to be, said in one sentence to those whom no compiler tells.
 * @module
 */

/** A member by which such a value is known, and who makes one. */
type Known = readonly [member: string, maker: string]

const KNOWN: Readonly<Record<string, Known>> = {
  storage: ['records', "a driver, as in memory(), or await fs('./data')"],
  registry: ['getManifest', "createClient('ghcr.io'), createStore({ ... }) or a composition"],
  auth: ['authenticate', 'users([...]), open() or another authenticator'],
  mirrors: ['over', 'mirrors({ upstreams }) of ocikit/cache'],
  webhooks: ['over', 'webhooks([{ url, secret }])'],
  events: ['over', 'events({ after }) of ocikit/compose'],
  metrics: ['observe', 'metrics()'],
  inspect: ['begin', 'inspector({ to })'],
  rateLimit: ['take', 'tokenBucket({ requests })'],
}

/**
 * Looks at every option that is a value with methods. Those that are functions are looked at by nobody before they are
 * called.
 * @throws TypeError for the first that is something else: for what makes the value, in place of the value.
 */
export function checkPassedIn(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    const known = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined
    if (!known || value == null || (typeof value === 'function' && FUNCTIONS.includes(name))) continue
    const [member, maker] = known
    if (typeof value !== 'object' || !(member in value))
      throw new TypeError(`${name} must be made by ${maker}`)
  }
}

/** They may be functions of the runtime's bindings, or of the request. */
const FUNCTIONS: readonly string[] = ['storage', 'registry', 'auth']
