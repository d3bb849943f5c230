/**
 * Folders for the data of servers: an empty one each time, or one that is filled once and kept for all rounds.
 * @module
 */

import { settleDisk } from './disk.ts'
import type { Bench, Row } from './row.ts'
import { dataFolder } from './scratch.ts'
import type { Server } from './server.ts'
import type { Subject } from './subject.ts'

/** A folder, and what `prepare` said of it. Whoever asked for it disposes of it. */
interface Filled extends AsyncDisposable {
  readonly path: string
  readonly prepared: string
}

/** Folders that are kept. */
export class Kept implements AsyncDisposable {
  readonly #folders = new Map<string, Filled>()

  /** The folder that a subject begins a row with. */
  async folderFor(row: Row, subject: Subject, rest: Pick<Bench, 'payloads' | 'scale'>): Promise<Filled> {
    if (!row.prepare) return emptyFolder(subject)
    const name = `${row.name} ${subject.name}`
    const before = this.#folders.get(name)
    const filled = before ?? (await filledFolder(row.prepare, row, subject, rest))
    this.#folders.set(name, filled)
    return { ...filled, async [Symbol.asyncDispose]() {} }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const filled of this.#folders.values()) await filled[Symbol.asyncDispose]()
  }
}

/** The repository of a row. */
export function repositoryOf(row: Row, server: Server): string {
  return `${server.url}/v2/bench/${row.name}`
}

function emptyFolder(subject: Subject, prepared = ''): Filled {
  const data = dataFolder()
  return {
    path: data.path,
    prepared,
    async [Symbol.asyncDispose]() {
      data[Symbol.dispose]()
      await subject.clear?.(data.path)
    },
  }
}

async function filledFolder(
  prepare: NonNullable<Row['prepare']>,
  row: Row,
  subject: Subject,
  rest: Pick<Bench, 'payloads' | 'scale'>,
): Promise<Filled> {
  const empty = emptyFolder(subject)
  try {
    await using server = await subject.start(empty.path)
    const prepared = await prepare({ server, repository: repositoryOf(row, server), ...rest })
    await settleDisk()
    return { ...empty, prepared }
  } catch (error) {
    await empty[Symbol.asyncDispose]()
    throw error
  }
}
