/**
 * A test case being played: the clock, the storage, the clients' history, and what was found wrong.
 * @module
 */

import { sharedBudget } from '../../src/engine/budget.ts'
import { collectNow } from '../../src/engine/collect/collect.ts'
import type { Core } from '../../src/engine/core.ts'
import {
  type CreateStoreOptions,
  createStore,
  type RetentionRule,
  retention,
  type Store,
} from '../../src/engine/index.ts'
import type { Storage } from '../../src/storage/index.ts'
import { Client } from './client.ts'
import { checkCollected, checkRetained } from './collected.ts'
import { type FaultyStorage, faultyStorage } from './faulty-storage.ts'
import { History, type Thing } from './history.ts'
import { checkAtRest, checkLinks, checkUsable } from './invariants.ts'
import type { Op, Scenario } from './programs.ts'
import { REPOS, TAGS } from './samples.ts'
import { Scheduler } from './scheduler.ts'
import { KnownSession } from './sessions.ts'
import { SHAPES, type ShapeName } from './shapes.ts'

const HOUR = 3_600_000
const GRACE = 24 * HOUR

/** The second tag goes at once, and manifests without a tag when nobody has used them for long. */
const RETENTION: readonly RetentionRule[] = [{ tags: TAGS[1], keep: { last: 0 }, untagged: '13h' }]

/** Clients of a phase; also how far apart their numbers are in two phases. */
const CLIENTS = 3

export class World {
  now = Date.UTC(2026, 0, 1, 0, 30)
  readonly scheduler: Scheduler
  readonly history = new History()
  readonly disk: FaultyStorage
  /** The newest session of each number. */
  readonly sessions: KnownSession[] = []
  readonly violations: string[] = []
  readonly #uploadMemory: number

  /** There are collectors: a blob that no manifest refers to is promised for a while only. */
  readonly collects: boolean
  /** There is retention: of the tags only the first one is sure to stay, and of the manifests those that it needs. */
  readonly retains: boolean

  constructor({ phases, picks, faults }: Scenario, shape: ShapeName, spoil: Spoil) {
    const has = (what: Op['do']) =>
      phases.some(({ programs }) => programs.flat().some((op) => op.do === what))
    this.retains = has('retain')
    this.collects = this.retains || has('collect')
    const { uploadMemory, ...storage } = SHAPES[shape]
    this.scheduler = new Scheduler(picks, faults)
    const disk = faultyStorage(this.scheduler, () => this.now, storage)
    this.disk = { ...disk, storage: spoil(disk.storage) }
    this.#uploadMemory = uploadMemory
  }

  violate(what: string): void {
    this.scheduler.mark(`!!! ${what}`)
    this.violations.push(what)
  }

  /** Until when a thing is promised that was there, or is, at a time: half the grace period. */
  promised(thing: Thing, clock: number): number {
    const mayGo = thing.startsWith('blob ') ? this.collects : this.retains && thing.startsWith('manifest ')
    return mayGo ? clock + GRACE / 2 : Number.POSITIVE_INFINITY
  }

  /** A run of a collector, whoever else is one. */
  async collect(): Promise<void> {
    const core: Core = {
      storage: this.disk.storage,
      now: () => this.now,
      grace: GRACE,
      sparse: false,
      budget: sharedBudget,
      urlSeconds: 0,
    }
    await collectNow(core, new Map(), {})
  }

  /** A process that has no rules, so that what it reads does not count as used. */
  async observer(): Promise<Store> {
    return this.#open({})
  }

  /** A process: it knows nothing but what is stored. */
  async store(): Promise<Store> {
    return this.#open(this.retains ? { retention: retention(RETENTION) } : {})
  }

  async #open(rules: Pick<CreateStoreOptions, 'retention'>): Promise<Store> {
    const store = createStore({
      storage: this.disk.storage,
      now: () => this.now,
      uploadMemory: this.#uploadMemory,
      ...rules,
    })
    // Reads the keys that seal upload ids: nobody shall wait for a client that stopped while it read them.
    await store.startUpload('any')
    return store
  }
}

/** Makes a storage break a rule. */
export type Spoil = (storage: Storage) => Storage

/** Plays a test case to its end. */
export async function play(
  scenario: Scenario,
  shape: ShapeName,
  spoil: Spoil = (same) => same,
): Promise<World> {
  const world = new World(scenario, shape, spoil)
  const store = await world.store()
  for (const [number, repo] of REPOS.entries()) {
    const { id } = await store.startUpload(repo)
    world.sessions.push(new KnownSession(repo, id, world.now, number === 1))
  }
  for (const [number, { programs, after }] of scenario.phases.entries()) {
    world.now += after * 1000
    world.scheduler.mark(`phase ${number}, ${after} s later`)
    // Two processes, each with clients of its own.
    const stores = [await world.store(), await world.store()]
    const ended = new Set<number>()
    for (const [at, program] of programs.entries()) {
      const id = number * CLIENTS + at
      const client = new Client(world, stores[at % 2]!)
      void world.scheduler.as(id, () => client.run(program).then(() => ended.add(id)))
    }
    await world.scheduler.run((label) => checkLinks(world, label))
    for (const at of programs.keys()) {
      const id = number * CLIENTS + at
      if (!ended.has(id) && !world.scheduler.isDead(id)) world.violate(`client ${id} waits for ever`)
    }
    await checkAtRest(world)
  }
  await checkUsable(world)
  world.now += 38 * HOUR
  world.scheduler.mark('much later')
  await (await world.store()).sweep()
  await checkAtRest(world)
  if (!world.collects) return world
  for (let run = 0; run < (world.retains ? 14 : 8); run++) {
    world.now += 13 * HOUR
    const store = await world.store()
    await store.sweep()
    if (world.retains) await store.retain()
    await world.collect()
    await checkAtRest(world)
  }
  await checkCollected(world)
  if (world.retains) await checkRetained(world)
  return world
}
