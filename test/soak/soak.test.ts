/**
 * 32 clients for each storage, while two collectors run all the time, server and collectors are killed at random, and
 * any call of the storage may fail: what was acknowledged and not deleted is never missing or wrong, and afterwards
 * what is stored is what lives.
 *
 * `OCIKIT_SOAK_SECONDS` (60) makes it longer: for a night on S3,
 * `OCIKIT_SOAK_SECONDS=28800 npx vitest run --config test/vitest.config.ts test/soak -t S3`.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { each } from '../../src/transfer/pool.ts'
import { Random, seedOfRun } from '../crash/random.ts'
import { hasBucket } from '../storage/s3/bucket.ts'
import { Client } from './client.ts'
import { FastClock } from './clock.ts'
import { differences, type Stored } from './live-set.ts'
import { onBucket, onFolder, onR2, type Subject } from './subjects.ts'
import { World } from './world.ts'

const SECONDS = Number(process.env['OCIKIT_SOAK_SECONDS'] ?? 60)
const CLIENTS = 32
/** Manifests that are pulled at a time when all is over. */
const LANES = 8
const SEED = seedOfRun()
/** What collectors still need afterwards, and a slow machine, in milliseconds. */
const AFTER = 240_000
/** Between two runs of a collector, in milliseconds. */
const PAUSE = 250
/** Between two kills, at least and at most, in milliseconds. */
const LIFE = [2_000, 9_000] as const
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

/** Kills server and collectors now and then until the soak is over. */
async function killNowAndThen(world: World, subject: Subject, random: Random): Promise<void> {
  while (!world.over && world.wrong.length === 0) {
    await sleep(random.int(...LIFE))
    if (world.over) return
    world.kills++
    await subject.kill()
    world.url = await subject.start()
    world.kills++
  }
}

/** Lets everybody work for as long as it takes. */
async function soak(world: World, subject: Subject, random: Random): Promise<Collecting> {
  const common = Array.from({ length: 6 }, () => random.bytes(5_000))
  const clients = Array.from(
    { length: CLIENTS },
    (_, number) => new Client(world, new Random(`${SEED}/${random.int(0, 1e9)}`), number, common),
  )
  const timer = setTimeout(() => {
    world.over = true
  }, SECONDS * 1000)
  try {
    const [done] = await Promise.all([
      collectAllTheTime(world, random),
      killNowAndThen(world, subject, random),
      ...clients.map((client) => client.run()),
    ])
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
  await each(world.images, LANES, async (image) => expect(await world.pull(image, false)).toBe(null))
  const { bytes } = await world.ask('GET', '/soak/stored', [200])
  const stored = JSON.parse(bytes.toString()) as Stored
  expect(differences(stored, [...world.images])).toEqual([])
}

function report(what: string, world: World, { runs, deaths, contents }: Collecting): void {
  const { requests, images, kills, refusals } = world
  console.info(
    `soak on ${what}, seed ${SEED}: ${requests} requests, ${refusals} refused by a fault, ${images.size} manifests ` +
      `live, ${runs} runs of collectors, ${deaths} died, ${contents} contents freed, ${kills / 2} servers killed`,
  )
  for (const count of [images.size, deaths]) expect(count).toBeGreaterThan(0)
  // In less time there may be nothing to free, nobody to kill, and no fault.
  if (SECONDS >= 60) for (const count of [contents, kills, refusals]) expect(count).toBeGreaterThan(0)
}

describe.concurrent(`${SECONDS} s of 32 clients and two collectors, who die with their server`, {
  timeout: SECONDS * 1000 + AFTER,
}, () => {
  test.each([
    ['a file system', onFolder],
    [hasBucket ? 'S3' : 'the stand-in of S3', onBucket],
    ['R2', onR2],
  ] as const)('two replicas on %s', async (what, make) => {
    const clock = new FastClock(Date.now())
    const subject = await make(clock)
    const random = new Random(`${SEED}/${what}`)
    const world = new World(clock, '')
    try {
      world.url = await subject.start()
      const done = await soak(world, subject, random)
      await checkAfter(world, done)
      report(what, world, done)
    } finally {
      world.over = true
      if (world.wrong.length > 0) console.error(subject.output())
      await subject.close()
    }
  })
})
