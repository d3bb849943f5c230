/**
 * A test case being played: the clock, the storage, the clients' history, and what was found wrong.
 * @module
 */

import { createStore, type Store } from '../../src/engine/index.ts'
import { Client } from './client.ts'
import { type FaultyStorage, faultyStorage } from './faulty-storage.ts'
import { History } from './history.ts'
import { checkAtRest, checkLinks, checkUsable } from './invariants.ts'
import type { Scenario } from './programs.ts'
import { REPOS } from './samples.ts'
import { Scheduler } from './scheduler.ts'
import { KnownSession } from './sessions.ts'
import { SHAPES, type ShapeName } from './shapes.ts'

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

  constructor({ picks, faults }: Scenario, shape: ShapeName) {
    const { uploadMemory, ...storage } = SHAPES[shape]
    this.scheduler = new Scheduler(picks, faults)
    this.disk = faultyStorage(this.scheduler, () => this.now, storage)
    this.#uploadMemory = uploadMemory
  }

  violate(what: string): void {
    this.scheduler.mark(`!!! ${what}`)
    this.violations.push(what)
  }

  /** A process: it knows nothing but what is stored. */
  async store(): Promise<Store> {
    const store = createStore({
      storage: this.disk.storage,
      now: () => this.now,
      uploadMemory: this.#uploadMemory,
    })
    // Reads the keys that seal upload ids: nobody shall wait for a client that stopped while it read them.
    await store.startUpload('any')
    return store
  }
}

/** Plays a test case to its end. */
export async function play(scenario: Scenario, shape: ShapeName): Promise<World> {
  const world = new World(scenario, shape)
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
  world.now += 38 * 3_600_000
  world.scheduler.mark('much later')
  await (await world.store()).sweep()
  await checkAtRest(world)
  return world
}
