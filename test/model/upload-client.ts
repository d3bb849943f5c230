/**
 * The calls of a client that are about an upload session.
 * @module
 */

import type { Store } from '../../src/engine/index.ts'
import { type Digest, RegistryError } from '../../src/oci/index.ts'
import type { Thing } from './history.ts'
import type { Op } from './programs.ts'
import { chunkOf, digestOf, WRONG } from './samples.ts'
import type { KnownSession } from './sessions.ts'
import type { Witness } from './witness.ts'

const HOUR = 3_600_000

/** Performs a call, and holds its answer to what is known of the session. */
export async function upload(
  witness: Witness,
  store: Store,
  op: Extract<Op, { do: 'status' | 'write' | 'finish' | 'cancel' }>,
  session: KnownSession,
): Promise<void> {
  const { repo } = session
  const id = op.stale ? session.ids[0]! : session.ids.at(-1)!
  const acknowledged = session.offset
  const { ended } = session
  const clock = witness.world.now
  let digest: Digest | null = null
  try {
    switch (op.do) {
      case 'status': {
        const { offset } = await store.uploadStatus(repo, id)
        atLeast(witness, offset, acknowledged)
        break
      }
      case 'write': {
        const bytes = chunkOf(op.session, op.chunk, witness.start)
        const offset = { end: undefined, known: session.offset, first: 0 }[op.at]
        const options = offset === undefined ? {} : { offset }
        const upload = await store.writeUpload(repo, id, witness.body(bytes, op.arrival), options)
        session.ids.push(upload.id)
        witness.wrong(session.acknowledge(upload.offset - bytes.length, bytes))
        if (op.arrival === 'broken') witness.world.violate('a broken body was acknowledged')
        break
      }
      case 'finish': {
        const last = op.last === null ? new Uint8Array(0) : chunkOf(op.session, op.last, witness.start)
        const whole = session.bytes(last)
        digest = op.right ? digestOf(whole) : WRONG
        session.endTried = true
        witness.begin(`blob ${repo} ${digest}`, 'put')
        const body = op.last === null ? {} : { body: last, offset: session.offset }
        await store.finishUpload(repo, id, digest, body)
        if (!op.right) witness.world.violate('a finish with a wrong digest succeeded')
        // Whoever is silent for too long may be overtaken, and then the session goes on.
        if (witness.world.now - clock >= 60_000) break
        if (!ended) witness.wrong(session.finished(whole, last))
        session.ended ??= { time: witness.world.scheduler.time, digest }
        break
      }
      case 'cancel':
        session.endTried = true
        await store.cancelUpload(repo, id)
        session.ended ??= { time: witness.world.scheduler.time, digest: null }
    }
  } catch (error) {
    refused(witness, error, session, clock, acknowledged)
    throw error
  }
  if (!ended) return
  const blob: Thing = `blob ${repo} ${ended.digest}`
  const deletedSince = witness.world.history.of(blob).some((event) => event.kind === 'delete')
  if (!deletedSince && (ended.digest === null || digest !== ended.digest))
    witness.world.violate('a session goes on after it was ended')
}

function refused(
  witness: Witness,
  error: unknown,
  session: KnownSession,
  clock: number,
  acknowledged: number,
): void {
  if (!(error instanceof RegistryError)) return
  if (error.upload) {
    session.ids.push(error.upload.id)
    atLeast(witness, error.upload.offset, acknowledged)
  }
  const mayEnd = session.endTried || witness.world.now - session.began > 24 * HOUR
  if (error.code === 'BLOB_UPLOAD_UNKNOWN' && !mayEnd)
    witness.world.violate(
      `a session that nobody ended is unknown, ${(clock - session.began) / 1000} s after it began`,
    )
}

function atLeast(witness: Witness, offset: number, acknowledged: number): void {
  if (offset < acknowledged)
    witness.world.violate(`${acknowledged} bytes acknowledged, now there are ${offset}`)
}
