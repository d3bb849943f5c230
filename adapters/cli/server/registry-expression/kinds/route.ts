import * as v from 'valibot'
import { route as chosen, routeHosts } from '../../../../../src/compose/index.ts'
import type { Registry } from '../../../../../src/index.ts'
import { isName, matchGlob } from '../../../../../src/oci/index.ts'
import { object } from '../../../input/fields.ts'
import { globs } from '../globs.ts'
import { type Inner, type Kind, kindOf, type Opener, type Opening } from '../kind.ts'

/** A registry below each name of `hosts`, or the first of `routes` whose globs a repository matches. */
export const route: Kind = kindOf(
  (inner) => ({ hosts: v.optional(hosts(inner)), routes: v.optional(routes(inner)) }),
  ({ hosts, routes = [] }, opening) => (hosts ? byHost(hosts, opening) : byName(routes, opening)),
  {
    is: ({ hosts, routes }) => (hosts === undefined) !== (routes === undefined),
    message: 'must have exactly one of hosts and routes',
  },
)

const name = v.pipe(
  v.string(),
  v.check((text) => isName(text) && !text.includes('/'), 'must be the first part of a name, without a port'),
)

function hosts(inner: Inner): v.GenericSchema<unknown, Record<string, Opener>> {
  return v.record(name, inner)
}

/** Where the repositories of some names are. */
interface Route {
  readonly repositories: readonly string[]
  readonly registry: Opener
}

function routes(inner: Inner): v.GenericSchema<unknown, Route[]> {
  const one = object({ repositories: globs, registry: inner })
  return v.pipe(v.array(one), v.minLength(1, 'must hold a route'))
}

async function byHost(list: Readonly<Record<string, Opener>>, opening: Opening): Promise<Registry> {
  const open: Record<string, Registry> = {}
  for (const [host, each] of Object.entries(list)) open[host] = await opening.open(each, `hosts.${host}`)
  return routeHosts(open)
}

async function byName(list: readonly Route[], opening: Opening): Promise<Registry> {
  const open: { globs: readonly string[]; registry: Registry }[] = []
  for (const [no, { repositories, registry }] of list.entries())
    open.push({ globs: repositories, registry: await opening.open(registry, `routes[${no}].registry`) })
  return chosen(
    (repo) => open.find((each) => each.globs.some((glob) => matchGlob(glob, repo)))?.registry ?? null,
  )
}
