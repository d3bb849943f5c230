/**
 * Attempts that fail: the session is as before, and nothing that they began stays behind.
 * @module
 */

import { RegistryError } from '../oci/index.ts'
import type { Call } from '../storage/index.ts'
import { type Attempt, busy, unknownUpload } from './attempt.ts'
import type { Core } from './core.ts'
import { takesAny } from './piece-sizes.ts'
import { isDone, type Session, type SessionState } from './session.ts'
import type { LiveHashers } from './session-hash.ts'
import type { Traces } from './upload-bytes.ts'

/**
 * Runs an attempt; if it fails, the session is as before.
 * @throws {@link RegistryError} `RANGE_INVALID` if the attempt was overtaken, or if the storage has lost bytes:
 *   then the session begins anew.
 */
export async function settleAttempt<T>(
  core: Core,
  live: LiveHashers,
  session: Session,
  { n, before }: Attempt,
  call: Call,
  work: (traces: Traces) => Promise<T>,
): Promise<T> {
  const traces: Traces = {}
  try {
    return await work(traces)
  } catch (error) {
    if (isLost(core, error)) throw await startOver(core, session, n, before, traces, error, call)
    // What failed may fail again here: the silence of the attempt then frees the session.
    const reverted = await session.revert(before, n, call).catch(() => null)
    // Only now is it certain that no state names what the attempt began.
    if (reverted) await forgo(core, traces, before, call)
    const hasher = reverted && live.take(session.id.session, before.n)
    if (hasher) live.keep(session.id.session, n, hasher)
    if (reverted !== false || session.hasEnded(n) || error instanceof RegistryError) throw error
    // The bytes may have been sealed or removed under us.
    throw await overtaken(core, session, call)
  }
}

/** The error for an attempt that somebody else has ended. */
export async function overtaken(core: Core, session: Session, call: Call): Promise<RegistryError> {
  const { state, pending } = await session.newest(call)
  if (pending && (await isDone(core, pending.begin, call))) return unknownUpload()
  return busy(session, state.n, state.offset)
}

/** Lets go of what an attempt began. What that fails to remove goes when the session expires. */
async function forgo(core: Core, { ground, tail }: Traces, before: SessionState, call: Call): Promise<void> {
  const { contents } = core.storage
  if (ground && ground.place !== before.place)
    await contents.abandon(ground.place, ground.handle, call).catch(() => {})
  if (tail !== undefined) await contents.remove([tail], call).catch(() => {})
}

/** Whether the storage does not have the pieces any more that it acknowledged: an overtaken writer replaced them. */
export function isLost(core: Core, error: unknown): boolean {
  const lost = error instanceof RegistryError && error.code === 'BLOB_UPLOAD_INVALID'
  return lost && !takesAny(core.storage.contents.pieces)
}

/** Begins the session anew. Returns the error that tells it. */
async function startOver(
  core: Core,
  session: Session,
  n: number,
  before: SessionState,
  traces: Traces,
  cause: unknown,
  call: Call,
): Promise<unknown> {
  if (!(await session.reset(n, call))) return overtaken(core, session, call)
  const { place, handle, tail } = before
  await forgo(core, traces, before, call)
  if (place !== undefined && handle !== undefined)
    await core.storage.contents.abandon(place, handle, call).catch(() => {})
  if (tail) await core.storage.contents.remove([tail.place], call).catch(() => {})
  return new RegistryError(
    'RANGE_INVALID',
    'the bytes of this upload were lost: send them again from the first',
    {
      upload: { id: session.idAt(n), offset: 0 },
      cause,
    },
  )
}
