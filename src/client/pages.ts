/**
 * One page after another, by `Link`.
 * @module
 */

import { nextLink } from '../oci/index.ts'
import type { Core } from './core.ts'
import { broken } from './errors.ts'
import type { Ask } from './send.ts'
import { atHome } from './urls.ts'
import { sendForWhole } from './whole.ts'

/** A page of a list. */
export interface Page {
  readonly response: Response
  readonly fields: Readonly<Record<string, unknown>>
  /** Whether it leads on to another one. */
  readonly leadsOn: boolean
}

/** No list is longer, all its pages together: a million tags are some 20 MB. */
const MAX_LIST = 256 * 1024 * 1024
/** Nor has a list more pages. */
const MAX_PAGES = 100_000

/**
 * The pages of a list, each when it is wanted. A link leads on within the registry, whatever host it names.
 * @param isPage Whether an answer is a page. One that is not is given without its fields, as the last.
 * @throws RegistryError when links lead in a circle.
 */
export async function* pages(
  core: Core,
  ask: Omit<Ask, 'method'>,
  isPage: (response: Response) => boolean = () => true,
): AsyncGenerator<Page, void, void> {
  const { base } = core.settings
  const seen = new Set<string>()
  let left = MAX_LIST
  for (let url: Ask['url'] | null = ask.url; url !== null; ) {
    const {
      response,
      url: from,
      bytes,
    } = await sendForWhole(core, { ...ask, method: 'GET', url }, left, isPage)
    if (!isPage(response)) {
      yield { response, fields: {}, leadsOn: false }
      return
    }
    if (!bytes) throw broken(base.host, 'sends a list without end')
    left -= bytes.length
    const link = nextLink(response.headers.get('link'))
    yield { response, fields: fieldsIn(base.host, bytes), leadsOn: link !== null }
    if (link === null) return
    url = within(base, from, link)
    if (seen.has(String(url)) || seen.size >= MAX_PAGES)
      throw broken(base.host, 'has a list whose pages lead in a circle')
    seen.add(String(url))
  }
}

function within(base: URL, from: URL, link: string): URL {
  if (!URL.canParse(link, from)) throw broken(base.host, 'has a list that leads to something that is no URL')
  const { pathname, search } = new URL(link, from)
  return atHome(base, pathname + search)
}

function fieldsIn(host: string, bytes: Uint8Array): Page['fields'] {
  try {
    const fields: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof fields === 'object' && fields !== null) return fields as Page['fields']
  } catch {
    // Told below.
  }
  throw broken(host, 'sends a list that is not JSON')
}
