/**
 * Clients of a server that is killed again and again: what they were told stays true.
 *
 * `OCIKIT_CRASH_ROUNDS` (10) says how often, `OCIKIT_SEED` repeats a run:
 * `OCIKIT_CRASH_ROUNDS=50 npx vitest run --config test/vitest.config.ts test/crash/kill`.
 */

import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { each } from '../../src/transfer/pool.ts'
import { check } from './check.ts'
import { Client } from './client.ts'
import { WrongAnswer } from './http.ts'
import { Ledger } from './ledger.ts'
import { Random, seedOfRun } from './random.ts'
import { type Server, startServer } from './server.ts'
import { resumeAll } from './sessions.ts'
import { append, open, pushBlob, type Target } from './uploads.ts'

const ROUNDS = Number(process.env['OCIKIT_CRASH_ROUNDS'] ?? 10)
const CLIENTS = 6
/** Rounds on the same folder. */
const FOLDER_ROUNDS = 5
/** Folders at a time: a round is waiting for the most part. */
const LANES = 2
/** How long the first answers of a round are waited for, in milliseconds. */
const WARM = 3_000
const SEED = seedOfRun()

test(
  `${ROUNDS} kills: what was acknowledged stays, what is visible is whole`,
  async () => {
    console.info(`crash: OCIKIT_SEED=${SEED} OCIKIT_CRASH_ROUNDS=${ROUNDS}`)
    const firsts = Array.from({ length: Math.ceil(ROUNDS / FOLDER_ROUNDS) }, (_, i) => i * FOLDER_ROUNDS)
    await each(firsts, LANES, (first) =>
      sameFolder(Math.min(FOLDER_ROUNDS, ROUNDS - first), `${SEED}/${first}`),
    )
  },
  60_000 + ROUNDS * 10_000,
)

async function sameFolder(rounds: number, seed: string): Promise<void> {
  const random = new Random(seed)
  const folder = await mkdtemp(join(tmpdir(), 'ocikit-crash-'))
  const ledger = new Ledger()
  const targetOf = (server: Server, name: string): Target => {
    return { url: server.url, ledger, random: new Random(`${seed}/${ledger.round}/${name}`) }
  }
  const total = { finished: 0, waiting: 0 }
  let clients: Client[] = []
  let server = await startServer(folder)
  try {
    for (let round = 1; round <= rounds; round++) {
      clients = Array.from({ length: CLIENTS }, (_, i) =>
        new Client(targetOf(server, `client-${i}`), i).succeeding(clients[i]),
      )
      await crash(server, clients, targetOf(server, 'stalled'), random)
      ledger.crash()
      server = await startServer(folder)
      // What the dead one left stays for ever, or is gone; the new one, too, writes now and then.
      await expect.poll(() => readdir(join(folder, 'tmp')), { message: 'unfinished files' }).toEqual([])
      expect(await readdir(join(folder, 'lock')), 'only the lock of the new owner').toHaveLength(1)
      const target = targetOf(server, 'check')
      expect(await check(target, round === rounds), `seed ${SEED}, round ${round}`).toEqual([])
      const resumed = await resumeAll(target)
      expect(resumed.wrong, `seed ${SEED}, round ${round}`).toEqual([])
      total.finished += resumed.finished
      total.waiting = resumed.waiting
    }
    const last = targetOf(server, 'last')
    expect(await check(last, true), `seed ${SEED}, at last`).toEqual([])
    expect(await server.stop(), 'exit code').toBe(0)
    expect(ledger.acknowledged, 'acknowledged writes').toBeGreaterThan(rounds * CLIENTS)
    console.info(
      `crash: ${rounds} rounds, ${ledger.acknowledged} acknowledged, ${ledger.facts.size} facts, ` +
        `${total.finished} sessions resumed, ${total.waiting} wait for a dead writer`,
    )
  } finally {
    await server.kill()
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Lets everybody work and kills the server in the middle of it. */
async function crash(server: Server, clients: Client[], target: Target, random: Random): Promise<void> {
  let killed = false
  let release = () => {}
  const death = new Promise<void>((resolve) => {
    release = resolve
  })
  const work = [...clients.map((client) => client.run()), ...stalled(target, death)].map((one) =>
    one.catch((error: unknown) => {
      if (error instanceof WrongAnswer || !killed) throw error
    }),
  )
  const failed = Promise.all(work)
  failed.catch(() => {})
  // A cold server is slow: first some answers, then the random moment.
  await target.ledger.more(random.int(0, 40), Promise.race([failed, sleep(WARM)]))
  await sleep(random.int(50, 600))
  // Mostly right after an answer: what it promised has to be true by then.
  if (random.chance(0.8)) await target.ledger.more(1, Promise.race([failed, sleep(WARM)]), random.chance(0.6))
  killed = true
  await server.kill()
  release()
  await failed
}

/** Requests whose bodies hang when the server dies: it is killed in the middle of them for sure. */
function stalled(target: Target, death: Promise<void>): Promise<unknown>[] {
  const hanging = async (ranged: boolean) => {
    const session = await open(target, 'crash/stalled', target.random.bytes(90_000))
    await append(target, session, 20_000)
    await append(target, session, 70_000, ranged, death)
  }
  const halted = async () => {
    // Between two requests: such a session goes on at once.
    const session = await open(target, 'crash/stalled', target.random.bytes(90_000))
    await append(target, session, 50_000)
    await pushBlob(target, 'crash/stalled', target.random.bytes(3_000_000))
  }
  return [hanging(true), hanging(false), halted()]
}
