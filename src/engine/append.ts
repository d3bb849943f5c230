/**
 * More bytes for an upload session.
 * @module
 */

import type { Call } from '../storage/index.ts'
import type { Core } from './core.ts'
import type { SessionState } from './session.ts'
import { overtaken } from './settle.ts'
import { type Added, addBytes, type Incoming } from './upload-bytes.ts'

/** Every so many attempts an end lists all pieces, so that a long session is read in few steps. */
const FULL_LIST = 64

/**
 * Stores bytes and makes them count.
 * @returns the session as it is then. Its `failure` says why not all of the body came, if so.
 * @throws RegistryError `RANGE_INVALID` if the attempt was overtaken.
 */
export async function appendBytes(
  core: Core,
  incoming: Incoming,
  call: Call,
): Promise<Added & { state: SessionState }> {
  const { session, before } = incoming
  const added = await addBytes(core, incoming, call)
  const state = await stateOf(core, incoming, added, call)
  if (!(await session.end(state, call))) throw await overtaken(core, session, call)
  if (before.tail) await removeTail(core, before.tail.place, call)
  return { ...added, state }
}

/** Removes a tail that no state names any more; the answer need not wait for it. */
export async function removeTail(core: Core, place: string, call: Call): Promise<void> {
  // Should it fail, the session's expiry removes it.
  const removing = core.storage.contents.remove([place], call).catch(() => {})
  if (call.context) call.context.defer(removing)
  else await removing
}

async function stateOf(
  core: Core,
  { session, before, n }: Incoming,
  { ground, tail, offset, pieceSize, hasher }: Added,
  call: Call,
): Promise<SessionState> {
  const more = {
    ...(tail ? { tail } : {}),
    ...(pieceSize === undefined ? {} : { pieceSize }),
    ...(hasher ? { hash: await (hasher.copy() ?? hasher).note() } : {}),
  }
  if (!ground) return { n, offset, count: 0, pieces: [], previous: 0, ...more }
  const { place, handle, count, pieces, all } = ground
  const previous = before.pieces.length > 0 ? before.n : before.previous
  const state = { n, offset, place, handle, count, pieces, previous, ...more }
  if (all) return { ...state, all }
  // Where earlier ends may not be readable yet, each lists all pieces.
  if (n % FULL_LIST > 0 && core.storage.traits.consistency === 'strong') return state
  return { ...state, pieces: [...(await session.pieces(before, call)), ...pieces], all: true }
}
