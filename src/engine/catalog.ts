/**
 * The catalog: which repositories exist. A repository exists once a manifest was pushed to it.
 * @module
 */

import type { ListOptions } from '../registry.ts'
import type { Call } from '../storage/index.ts'
import type { Core } from './core.ts'
import { CATALOG, catalogKey, catalogName } from './keys.ts'
import { encode } from './record.ts'

/** Names that are remembered, so that most pushes do not write theirs again. */
const MAX_KNOWN = 10_000

/** The catalog of a store. */
export class Catalog {
  readonly #core: Core
  /** When entries were last written from here. */
  readonly #written = new Map<string, number>()

  constructor(core: Core) {
    this.#core = core
  }

  /**
   * Says that a repository exists, after its manifest was written. An entry is used like a link: the collector,
   * who sees the manifest or an entry that is young, leaves it alone.
   */
  async add(name: string, call: Call): Promise<void> {
    const { now, grace, storage } = this.#core
    const before = this.#written.get(name)
    const time = now()
    if (before !== undefined && time >= before && time - before + storage.traits.skew < grace / 2) return
    await storage.records.put(catalogKey(name), encode({}), call)
    if (this.#written.size >= MAX_KNOWN) this.#written.clear()
    this.#written.set(name, time)
  }

  async has(name: string, call: Call): Promise<boolean> {
    return (await this.#core.storage.records.get(catalogKey(name), call)) !== null
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
