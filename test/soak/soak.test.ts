/**
 * 32 clients for each storage, while two collectors run all the time: what was acknowledged and not deleted is never
 * missing or wrong, and afterwards what is stored is what lives. `OCIKIT_SOAK_SECONDS` makes it longer.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type Daemon, startDaemon, temporaryFolder } from '../clients/process.ts'
import { Random, seedOfRun } from '../crash/random.ts'
import { bundle } from '../runtimes/workerd/bundle.ts'
import { startWorker } from '../runtimes/workerd/start.ts'
import { Client } from './client.ts'
import { FastClock } from './clock.ts'
import { differences, type Stored } from './live-set.ts'
import { World } from './world.ts'

const SECONDS = Number(process.env['OCIKIT_SOAK_SECONDS'] ?? 60)
const CLIENTS = 32
const SEED = seedOfRun()
/** What collectors still need afterwards, and a slow machine, in milliseconds. */
const AFTER = 120_000
/** Between two runs of a collector, in milliseconds. */
const PAUSE = 250
/** How far the clock goes ahead at a time when all is over, and at most, in hours. */
const [STEP, LONG] = [2, 80]

/** What collectors have done. */
interface Collecting {
  runs: number
  deaths: number
  /** Blobs whose bytes went. */
  contents: number
}

/** Two collectors beside each other until the soak is over. Now and then one dies, and another takes its place. */
async function collectAllTheTime(world: World, random: Random): Promise<Collecting> {
  const done: Collecting = { runs: 0, deaths: 0, contents: 0 }
  const loop = async (): Promise<void> => {
    // The first one dies for sure: it makes more calls than that.
    let until = '?until=2'
    while (!world.over && world.wrong.length === 0) {
      const answer = await world.send('POST', `/soak/collect${until}`)
      if (answer && answer.status !== 200) throw new Error(`collecting failed: ${answer.bytes}`)
      // Without an answer its server was killed, and the collector with it.
      if (answer) {
        const { contents, died } = JSON.parse(answer.bytes.toString()) as { contents: number; died: boolean }
        done.runs++
        done.contents += contents
        if (died) done.deaths++
        until = random.chance(0.4) ? `?until=${random.int(1, 80)}` : ''
      }
      await sleep(PAUSE)
    }
  }
  await Promise.all([loop(), loop()])
  return done
}

/** Lets everybody work for as long as it takes. */
async function soak(world: World, random: Random): Promise<Collecting> {
  const common = Array.from({ length: 6 }, () => random.bytes(5_000))
  const clients = Array.from(
    { length: CLIENTS },
    (_, number) => new Client(world, new Random(`${SEED}/${random.int(0, 1e9)}`), number, common),
  )
  const collecting = collectAllTheTime(world, random)
  const timer = setTimeout(() => {
    world.over = true
  }, SECONDS * 1000)
  try {
    const [done] = await Promise.all([collecting, ...clients.map((client) => client.run())])
    expect(world.wrong, `seed ${SEED}`).toEqual([])
    return done
  } finally {
    world.over = true
    clearTimeout(timer)
  }
}

/** When collectors had all the time they need, everything that lives can be pulled, and nothing else is stored. */
async function checkAfter(world: World, done: Collecting): Promise<void> {
  for (let hours = 0, left = 1; hours < LONG && left > 0; hours += STEP) {
    const { bytes } = await world.ask('POST', `/soak/later?hours=${STEP}`, [200])
    const later = JSON.parse(bytes.toString()) as { left: number; contents: number }
    left = later.left
    done.contents += later.contents
  }
  for (const image of world.images) expect(await world.pull(image, false)).toBe(null)
  const { bytes } = await world.ask('GET', '/soak/stored', [200])
  const stored = JSON.parse(bytes.toString()) as Stored
  expect(differences(stored, [...world.images])).toEqual([])
}

function report(
  what: string,
  { requests, images, kills }: World,
  { runs, deaths, contents }: Collecting,
): void {
  console.info(
    `soak on ${what}, seed ${SEED}: ${requests} requests, ${images.size} manifests live, ` +
      `${runs} runs of collectors, ${deaths} died, ${contents} contents freed, ${kills / 2} servers killed`,
  )
  for (const count of [images.size, deaths]) expect(count).toBeGreaterThan(0)
  // In less time there may be nothing to free.
  if (SECONDS >= 60) expect(contents).toBeGreaterThan(0)
}

async function startServer(what: string, clock: FastClock): Promise<{ daemon: Daemon; url: string }> {
  let url = ''
  const script = fileURLToPath(new URL('server.ts', import.meta.url))
  const daemon = await startDaemon(process.execPath, [script, what, String(clock.start)], (output) => {
    url = /^listening (\S+)$/m.exec(output)?.[1] ?? ''
    return url !== ''
  })
  return { daemon, url }
}

describe.concurrent(`${SECONDS} s of 32 clients and two collectors`, {
  timeout: SECONDS * 1000 + AFTER,
}, () => {
  test('on S3, two replicas, collectors die at random', async () => {
    const clock = new FastClock(Date.now())
    const { daemon, url } = await startServer('s3', clock)
    try {
      const world = new World(clock, url)
      const done = await soak(world, new Random(`${SEED}/s3`))
      await checkAfter(world, done)
      report('S3', world, done)
    } finally {
      await daemon.stop('SIGKILL')
    }
  })

  test('on R2, two replicas, collectors die at random', async () => {
    const clock = new FastClock(Date.now())
    const script = await bundle(new URL('worker.ts', import.meta.url))
    const worker = await startWorker(script, { bindings: { START: String(clock.start) } })
    try {
      const world = new World(clock, worker.url)
      const done = await soak(world, new Random(`${SEED}/r2`))
      await checkAfter(world, done)
      report('R2', world, done)
    } finally {
      await worker.stop()
    }
  })

  test('on a file system, server and collectors are killed at random', async () => {
    const folder = await temporaryFolder()
    const clock = new FastClock(Date.now())
    const random = new Random(`${SEED}/fs`)
    const data = folder.at('data')
    let server = await startServer(data, clock)
    let said = ''
    const world = new World(clock, server.url)
    const kill = async (): Promise<void> => {
      world.kills++
      await server.daemon.stop('SIGKILL')
      said += server.daemon.output()
      server = await startServer(data, clock)
      world.url = server.url
      world.kills++
    }
    const killing = async (): Promise<void> => {
      while (!world.over) {
        await sleep(random.int(1_000, 6_000))
        if (!world.over) await kill()
      }
    }
    try {
      const [done] = await Promise.all([soak(world, random), killing()])
      await checkAfter(world, done)
      report('a file system', world, done)
    } finally {
      world.over = true
      await server.daemon.stop('SIGKILL')
      if (world.wrong.length > 0) console.error(said + server.daemon.output())
      await folder.remove()
    }
  })
})
