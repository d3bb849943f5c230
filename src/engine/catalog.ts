/**
 * The catalog: which repositories exist. A repository exists once a manifest was pushed to it.
 * @module
 */

import type { ListOptions } from '../registry.ts'
import type { Call } from '../storage/index.ts'
import type { Core } from './core.ts'
import { CATALOG, catalogKey, catalogName } from './keys.ts'
import { encode } from './record.ts'

/** Names that are remembered as present, so that most pushes do not write theirs again. */
const MAX_KNOWN = 10_000

/** The catalog of a store. */
export class Catalog {
  readonly #core: Core
  readonly #known = new Set<string>()

  constructor(core: Core) {
    this.#core = core
  }

  async add(name: string, call: Call): Promise<void> {
    if (this.#known.has(name)) return
    await this.#core.storage.records.create(catalogKey(name), encode({}), call)
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.add(name)
  }

  async has(name: string, call: Call): Promise<boolean> {
    return this.#known.has(name) || (await this.#core.storage.records.get(catalogKey(name), call)) !== null
  }

  async *list(options: ListOptions): AsyncGenerator<string, void, void> {
    const { after, limit, ...call } = options
    const bounds = {
      ...(after === undefined ? {} : { after: catalogKey(after) }),
      ...(limit === undefined ? {} : { limit }),
    }
    for await (const { key } of this.#core.storage.records.list(CATALOG, { ...call, ...bounds }))
      yield catalogName(key)
  }
}
