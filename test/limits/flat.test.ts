import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { Random, seedOfRun } from '../crash/random.ts'
import { type Server, startServer } from '../crash/server.ts'
import { Traffic } from './traffic.ts'

const REQUESTS = Number(process.env['OCIKIT_FLAT_REQUESTS'] ?? 20_000)
/** By then everything has been compiled and every pool is filled. */
const WARM = Math.min(4_000, Math.floor(REQUESTS / 2))
const CONNECTIONS = 16
/** What a runtime may open once and keep. */
const SPARE_FILES = 4
const GROWTH_MIB = 40
/** V8 lets the space of new objects grow to 100 MiB and gives none back: that would hide what leaks. */
const NODE_OPTIONS = '--max-semi-space-size=2'
const SEED = seedOfRun()
const linux = process.platform === 'linux'
if (!linux) console.info('flat: skipped, open files are counted in /proc')

let folder: Folder
let server: Server
beforeAll(async () => {
  folder = await temporaryFolder()
  const before = process.env['NODE_OPTIONS']
  process.env['NODE_OPTIONS'] = `${before ?? ''} ${NODE_OPTIONS}`.trim()
  server = await startServer(folder.path).finally(() => {
    if (before === undefined) delete process.env['NODE_OPTIONS']
    else process.env['NODE_OPTIONS'] = before
  })
})
afterAll(async () => {
  await server.kill()
  await folder.remove()
})

const openFiles = async () => (await readdir(`/proc/${server.pid}/fd`)).length
const memory = async () => {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / 1024
}

test.skipIf(!linux)(
  `open files and memory stay flat over ${REQUESTS} mixed requests`,
  async () => {
    console.info(`flat: OCIKIT_SEED=${SEED}`)
    const baseline = await openFiles()
    const random = new Random(SEED)
    const traffic = new Traffic(server.url, CONNECTIONS, random)
    await traffic.prepare()

    /** Sends so many, ends all connections and says what the server holds then. */
    const after = async (count: number) => {
      const busiest = await peak(traffic.send(count))
      traffic.hangUp()
      await expect
        .poll(openFiles, { timeout: 15_000, interval: 100, message: `seed ${SEED}` })
        .toBeLessThanOrEqual(baseline + SPARE_FILES)
      await sleep(500)
      return { files: await openFiles(), busiest, memory: await memory() }
    }
    const warm = await after(WARM)
    const end = await after(REQUESTS - WARM)
    const round = ({ files, busiest, memory }: typeof end) => `${files}/${busiest} files, ${memory | 0} MiB`
    console.info(`flat: ${baseline} files at first, then ${round(warm)}, at last ${round(end)}`)
    console.info(`flat: ${JSON.stringify(Object.fromEntries(traffic.sent))}`)

    // The counts are true: the server was busy, and each kind of request was made.
    expect(warm.busiest).toBeGreaterThan(baseline + CONNECTIONS / 2)
    expect([...traffic.sent.values()].reduce((sum, each) => sum + each, 0)).toBe(REQUESTS)
    expect(end.memory - warm.memory).toBeLessThan(GROWTH_MIB)
    expect(await readdir(folder.at('tmp')), 'temporary files').toEqual([])
  },
  240_000,
)

/** The most files that were open while `work` went on. */
async function peak(work: Promise<void>): Promise<number> {
  let most = 0
  let working = true
  const ended = work.finally(() => {
    working = false
  })
  while (working) {
    most = Math.max(most, await openFiles())
    await Promise.race([sleep(100), ended])
  }
  await ended
  return most
}
