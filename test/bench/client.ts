/**
 * What is measured of the command as a client: a copy beside that of other commands, and a download by several requests
 * beside one.
 * @module
 */

import { fileURLToPath } from 'node:url'
import { settleDisk } from './disk.ts'
import { IMAGE_REPOSITORY, type PushedImage, pushImage } from './image.ts'
import type { Mover } from './movers.ts'
import { Payloads } from './payload.ts'
import { median, type Result, type RowReport } from './report.ts'
import { bytes, MIB, type Scale } from './scale.ts'
import { dataFolder, fastPlace, temporaryFolder } from './scratch.ts'
import { type Server, startServer } from './server.ts'
import { LISTENING, type Subject } from './subject.ts'
import { type Timed, timed } from './timed.ts'

/** Names of what is measured here. */
export const CLIENT_ROWS = ['copy', 'download'] as const

/** What is measured with what. */
export interface ClientPlan {
  readonly rounds: number
  readonly scale: Scale
  /** The registry that images are copied from, and to. */
  readonly registry: Subject
  progress(text: string): void
}

/** The clock of the whole process: an image from one registry to another, which is empty each time. */
export async function measureCopies(plan: ClientPlan, movers: readonly Mover[]): Promise<RowReport> {
  const { scale, registry } = plan
  const image = { layers: scale.layers, size: scale.part }
  await using source = await filledWith(plan, image)
  return await measure(plan, {
    name: 'copy',
    title: `copy ${image.layers} layers of ${bytes(image.size)}, ${registry.name} to ${registry.name}`,
    size: image.layers * image.size,
    subjects: movers.map(({ name, command }) => ({
      name,
      async once() {
        using data = dataFolder()
        await using destination = await registry.start(data.path)
        await settleDisk()
        return await timed(...command(source.image.place, `${new URL(destination.url).host}/bench/copy:v1`))
      },
    })),
  })
}

/** Names of what {@link measureDownloads} compares, the one to compare with first. */
export const DOWNLOADS = ['one request', 'six requests', 'one, no cap'] as const

/** The same for the download of a large blob by our library, through a line that caps each connection. */
export async function measureDownloads(plan: ClientPlan): Promise<RowReport> {
  const { scale } = plan
  await using source = await filledWith(plan, { layers: 1, size: scale.large })
  await using capped = await cappedLine(source.server, scale.cap)
  await using open = await cappedLine(source.server, 0)
  const script = fileURLToPath(new URL('clients/download.ts', import.meta.url))
  const load =
    ({ url }: Server, requests: number) =>
    (): Promise<Timed> =>
      timed(process.execPath, [script, url, IMAGE_REPOSITORY, source.image.layers[0]!, String(requests)])
  const [one, six, free] = DOWNLOADS
  return await measure(plan, {
    name: 'download',
    title: `download ${bytes(scale.large)}, connections capped at ${scale.cap / 1e6} MB/s`,
    size: scale.large,
    subjects: [
      { name: one, once: load(capped, 1) },
      { name: six, once: load(capped, 6) },
      { name: free, once: load(open, 1) },
    ],
  })
}

interface Comparison {
  readonly name: string
  readonly title: string
  /** Bytes that are moved. */
  readonly size: number
  readonly subjects: readonly { readonly name: string; once(): Promise<Timed> }[]
}

/** Rounds in which the subjects take turns. */
async function measure({ rounds, progress }: ClientPlan, row: Comparison): Promise<RowReport> {
  const tallies = new Map<string, { figures: number[]; peaks: number[]; errors: string[] }>()
  for (const { name } of row.subjects) tallies.set(name, { figures: [], peaks: [], errors: [] })
  for (let round = 1; round <= rounds; round++) {
    for (const { name, once } of round % 2 === 1 ? row.subjects : row.subjects.toReversed()) {
      const tally = tallies.get(name)!
      try {
        const { seconds, peak } = await once()
        tally.figures.push(row.size / MIB / seconds)
        if (peak !== null) tally.peaks.push(peak / MIB)
        progress(`round ${round}/${rounds} ${row.name} ${name}: ${seconds.toFixed(2)} s`)
      } catch (error) {
        tally.errors.push((error as Error).message)
        progress(`round ${round}/${rounds} ${row.name} ${name}: failed: ${(error as Error).message}`)
      }
    }
  }
  const results = [...tallies].map(([name, { figures, peaks, errors }]): [string, Result] => {
    const [figure, peak] = [median(figures), median(peaks)]
    return [
      name,
      { figures, errors, ...(figure !== undefined && { figure }), ...(peak !== undefined && { peak }) },
    ]
  })
  const { name, title } = row
  return { name, title, unit: 'MiB/s', better: 'more', results: Object.fromEntries(results) }
}

async function filledWith(
  { registry }: ClientPlan,
  image: { layers: number; size: number },
): Promise<{ readonly server: Server; readonly image: PushedImage } & AsyncDisposable> {
  using files = temporaryFolder(await fastPlace())
  const server = await registry.start(dataFolder().path)
  const pushed = await pushImage(server.url, new Payloads(files.path), image)
  return { server, image: pushed, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

function cappedLine({ url }: Server, rate: number): Promise<Server> {
  const script = fileURLToPath(new URL('servers/capped.ts', import.meta.url))
  const args = [script, new URL(url).port, String(rate)]
  return startServer({ command: process.execPath, args, url: LISTENING })
}
