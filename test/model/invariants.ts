/**
 * What must hold, whatever was delayed, reordered, refused or broken off.
 * @module
 */

import type { Store } from '../../src/engine/index.ts'
import { manifestKey, taggedKey, UPLOADS } from '../../src/engine/keys.ts'
import type { Link } from '../../src/engine/links.ts'
import { decode } from '../../src/engine/record.ts'
import type { SessionBegin, SessionState } from '../../src/engine/session.ts'
import { type Digest, RegistryError } from '../../src/oci/index.ts'
import type { Thing } from './history.ts'
import { BLOBS, digestOf, MANIFESTS, TAGS } from './samples.ts'
import type { World } from './world.ts'

/** Steps after which a link, or what it names, may have changed. */
const TOUCHES = /^(put|create|remove|drop|write|piece|seal|abandon) /

/** At any time: a link names bytes that have its digest and size, and a live tag has its reverse key. */
export async function checkLinks(world: World, step: string): Promise<void> {
  if (!TOUCHES.test(step) || step.endsWith('answered')) return
  const { records, contents } = world.disk.storage
  for await (const { key, rec } of records.list('blobs/', { values: true })) {
    const { place, size } = decode<Link>(rec!.value)
    const content = await contents.read(place)
    const hex = key.split('/')[3]!.split('.')[0]
    if (!content) world.violate(`a link names nothing: ${key} -> ${place}`)
    else if (content.size !== size || digestOf(await all(content.stream())) !== `sha256:${hex}`)
      world.violate(`a link names other bytes: ${key} -> ${place}`)
  }
  for await (const { key, rec } of records.list('repositories/', { values: true })) {
    const [, repo, tag] = /^repositories\/(.*)\/_tags\/(.*)$/.exec(key) ?? []
    if (repo === undefined || tag === undefined) continue
    const { digest } = decode<{ digest: Digest }>(rec!.value)
    const live = await records.get(manifestKey(repo, digest))
    if (live && !(await records.get(taggedKey(repo, digest, tag))))
      world.violate(`a live tag has no reverse key: ${repo}:${tag}`)
  }
}

/** When nobody moves: what was acknowledged is there, what was deleted is not, and nothing leaks. */
export async function checkAtRest(world: World): Promise<void> {
  await checkLinks(world, 'put ')
  const store = await world.observer()
  world.scheduler.mark('everybody rests')
  for (const thing of world.history.things()) await checkThing(world, store, thing)
  await checkPlaces(world)
  await checkSessions(world, store)
}

async function checkThing(world: World, store: Store, thing: Thing): Promise<void> {
  const [kind, repo, name] = thing.split(' ') as ['blob' | 'manifest' | 'tag', string, Digest]
  const { history, scheduler } = world
  const found = await digestRead(store, kind, repo, name)
  if (kind === 'tag') {
    const value = history.tagValue(thing, (digest) => `manifest ${repo} ${digest}`)
    // The second tag may go at any time.
    if (found === null && world.retains && thing.endsWith(` ${TAGS[1]}`)) return
    if (value !== undefined && value !== found) world.violate(`${thing} is ${found}, must be ${value}`)
    const pushed = history.tagOfPush(thing, (digest) => `manifest ${repo} ${digest}`) as Digest | undefined
    if (found === null && pushed && (await digestRead(store, 'manifest', repo, pushed)))
      world.violate(`${thing} is gone, and the manifest that came with it is there`)
    const ever = history.of(thing).some((event) => event.kind === 'put' && event.value === found)
    if (found !== null && !ever) world.violate(`${thing} is ${found}, which nobody put there`)
    return
  }
  if (found !== null && found !== name) world.violate(`${thing} has other bytes`)
  const must = history.mustBeThere(thing, scheduler.time, scheduler.time, world.now)
  if (found === null && must) world.violate(`acknowledged and lost: ${thing}`)
  if (kind === 'manifest' && must) await checkBlobs(world, store, thing)
  if (kind === 'manifest' && found !== null) await checkChildren(world, store, thing)
  if (found !== null && history.mustBeGone(thing, scheduler.time, scheduler.time))
    world.violate(`deleted and still there: ${thing}`)
}

/** What an acknowledged manifest refers to is there, unless a client has deleted it. */
async function checkBlobs(world: World, store: Store, manifest: Thing): Promise<void> {
  const [, repo = '', digest] = manifest.split(' ')
  const { blobs } = MANIFESTS.find((sample) => sample.digest === digest)!
  const since = Math.min(
    ...world.history
      .of(manifest)
      .flatMap(({ kind, acknowledged, start }) => (kind === 'put' && acknowledged ? [start] : [])),
  )
  for (const name of blobs.map((blob) => digestOf(BLOBS[blob]!))) {
    const events = world.history.of(`blob ${repo} ${name}`)
    if (events.some(({ kind, end }) => kind === 'delete' && end > since)) continue
    if (!(await digestRead(store, 'blob', repo, name)))
      world.violate(`${manifest} is there, and its blob ${name} is lost`)
  }
}

/** The children of an index that was acknowledged are there, unless a client has deleted them. */
async function checkChildren(world: World, store: Store, manifest: Thing): Promise<void> {
  const [, repo = '', digest] = manifest.split(' ')
  const { children } = MANIFESTS.find((sample) => sample.digest === digest)!
  if (!world.history.of(manifest).some(({ kind, acknowledged }) => kind === 'put' && acknowledged)) return
  for (const child of children.map((number) => MANIFESTS[number]!.digest)) {
    const events = world.history.of(`manifest ${repo} ${child}`)
    if (events.some(({ kind }) => kind === 'delete')) continue
    if (!(await digestRead(store, 'manifest', repo, child)))
      world.violate(`${manifest} is there, and its child ${child} is lost`)
  }
}

/** The digest of what can be read, `null` if nothing. */
async function digestRead(
  store: Store,
  kind: 'blob' | 'manifest' | 'tag',
  repo: string,
  name: Digest,
): Promise<Digest | null> {
  try {
    if (kind === 'blob') return digestOf(await (await store.getBlob(repo, name)).bytes())
    return digestOf((await store.getManifest(repo, name)).bytes)
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404) return null
    throw error
  }
}

/** Every place that holds bytes is named: by a session, a link, or a note for the collector. */
async function checkPlaces(world: World): Promise<void> {
  const { records } = world.disk.storage
  const named = new Set<string | undefined>()
  for (const prefix of [UPLOADS, 'blobs/', 'gc/content/', 'gc/unlinked/']) {
    for await (const { rec } of records.list(prefix, { values: true })) {
      const { place, sealed, tail } = decode<
        (SessionBegin | SessionState) & { place?: string; sealed?: string }
      >(rec!.value)
      named
        .add(place)
        .add(sealed)
        .add(typeof tail === 'object' ? tail.place : tail)
    }
  }
  for (const place of world.disk.places()) {
    if (!named.has(place)) world.violate(`nothing leads to the bytes at ${place}`)
  }
}

/** A session that nobody has ended can be written to and finished, as soon as nobody else may be at work. */
export async function checkUsable(world: World): Promise<void> {
  world.now += 61_000
  world.scheduler.mark('each session is used once more')
  const store = await world.store()
  for (const session of world.sessions) {
    if (session.ended) continue
    const expired = world.now - session.began > 24 * 3_600_000
    const { repo, ids } = session
    try {
      const { id, offset } = await store.uploadStatus(repo, ids.at(-1)!)
      const more = new Uint8Array([1, 2, 3])
      await store.writeUpload(repo, id, more, { offset })
      const sure = offset === session.offset && offset === session.acknowledgedBytes
      if (!sure) continue
      const whole = new Uint8Array([...session.bytes(), ...more])
      const { size } = await store.finishUpload(repo, id, digestOf(whole))
      const blob = await (await store.getBlob(repo, digestOf(whole))).bytes()
      if (size !== whole.length || digestOf(blob) !== digestOf(whole)) world.violate('finished other bytes')
      session.ended = { time: world.scheduler.time, digest: digestOf(whole) }
      const thing: Thing = `blob ${repo} ${digestOf(whole)}`
      const until = world.promised(thing, world.now)
      const event = world.history.begin(thing, 'put', world.scheduler.mark('finishes'), '', until)
      Object.assign(event, { end: world.scheduler.mark('finished'), acknowledged: true })
    } catch (error) {
      const unknown = error instanceof RegistryError && error.code === 'BLOB_UPLOAD_UNKNOWN'
      if (!unknown || !(session.endTried || expired))
        world.violate(`a session cannot be used any more: ${error instanceof Error ? error.stack : error}`)
    }
  }
}

/** A session that nobody has ended still knows what was acknowledged. */
async function checkSessions(world: World, store: Store): Promise<void> {
  for (const session of world.sessions) {
    if (session.endTried || world.now - session.began > 24 * 3_600_000) continue
    const { offset } = await store.uploadStatus(session.repo, session.ids.at(-1)!)
    if (offset < session.offset)
      world.violate(`${session.offset} bytes acknowledged, now there are ${offset}`)
  }
}

async function all(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer())
}
