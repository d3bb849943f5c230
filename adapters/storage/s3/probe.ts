/**
 * Whether a bucket keeps its conditions: asked once, and remembered in the bucket.
 * @module
 */

import type { Client } from './client.ts'
import { S3Error } from './errors.ts'
import { bucketRecords, type S3Records } from './records.ts'

/** What a bucket can do. */
export interface Abilities {
  /** `exact`: it deletes under a condition. */
  readonly remove: 'exact' | 'emulated'
  /** It refuses a body that has another SHA-256 than was signed. */
  readonly verifies: boolean
}

const FORMAT = 1
const RACERS = 50
const MAX_KEY = 200
const NO_ETAG = '"00000000000000000000000000000000"'

const utf8 = new TextEncoder()
const text = new TextDecoder()

/**
 * The abilities of the bucket, which all processes agree on.
 * @throws {@link S3Error} `UnfitStore` if it does not keep conditions on writes, `UnknownFormat` if what is there
 *   was written by another version.
 */
export async function abilitiesOf(client: Client): Promise<Abilities> {
  const object = `${client.settings.prefix}ocikit.json`
  const known = await readNote(client, object)
  if (known) return known
  const found = await probe(client)
  const note = utf8.encode(`${JSON.stringify({ format: FORMAT, ...found })}\n`)
  const headers = { 'if-none-match': '*' }
  const accept = ['PreconditionFailed']
  const { code } = await client.read({ method: 'PUT', object, body: note, headers, accept })
  // Somebody else began at the same time: what they found holds for all.
  return code === '' ? found : ((await readNote(client, object)) ?? found)
}

async function readNote(client: Client, object: string): Promise<Abilities | null> {
  const answer = await client.read({ method: 'GET', object, accept: ['NoSuchKey', 'NotFound'] })
  if (answer.status === 404) return null
  const note = parse(text.decode(answer.body))
  if (note?.format === FORMAT)
    return { remove: note.remove === 'exact' ? 'exact' : 'emulated', verifies: note.verifies === true }
  const { bucket, prefix } = client.settings
  throw new S3Error(
    'UnknownFormat',
    200,
    `s3://${bucket}/${prefix} has the format ${note?.format ?? 'unknown'}, this version knows ${FORMAT}: use the version that wrote it, or another prefix`,
  )
}

function parse(json: string): { format?: unknown; remove?: unknown; verifies?: unknown } | null {
  try {
    return JSON.parse(json) as { format?: unknown } | null
  } catch {
    return null
  }
}

async function probe(client: Client): Promise<Abilities> {
  const records = bucketRecords(client, `${client.settings.prefix}probe/`, MAX_KEY)
  const id = crypto.randomUUID()
  const keys = ['race', 'put', 'remove', 'absent', 'hash'].map((name) => `${id}/${name}`)
  const [race = '', put = '', remove = '', absent = '', hash = ''] = keys
  try {
    await checkCreate(client, records, race)
    await checkPut(client, records, put)
    const exact = await removesExactly(records, remove, absent)
    return { remove: exact ? 'exact' : 'emulated', verifies: await verifies(client, hash) }
  } finally {
    await records.drop(keys).catch(() => {})
  }
}

async function checkCreate(client: Client, records: S3Records, key: string): Promise<void> {
  const tries = Array.from({ length: RACERS }, (_, i) => records.create(key, utf8.encode(`${key} ${i}`)))
  const results = await Promise.all(tries).catch(orUnfit(client, 'If-None-Match'))
  const won = results.filter((version) => version !== null).length
  const version = (await records.get(key))?.version
  if (won === 1 && results.includes(version ?? '')) return
  throw unfit(client, `of ${RACERS} requests that created one key at once ${won} succeeded`)
}

async function checkPut(client: Client, records: S3Records, key: string): Promise<void> {
  const write = (value: string, version: string): Promise<string | null> =>
    records.put(key, utf8.encode(`${key} ${value}`), { version }).catch(orUnfit(client, 'If-Match'))
  if ((await write('0', NO_ETAG)) !== null)
    throw unfit(client, 'a conditional write to an absent key succeeded')
  const first = await records.put(key, utf8.encode(`${key} 1`))
  const second = await write('2', first ?? '')
  if (second === null) throw unfit(client, 'a conditional write with the right version was refused')
  if ((await write('3', first ?? '')) !== null) throw unfit(client, 'a write with a stale version succeeded')
}

/** Whether a delete is refused for another version and for an absent key, and done for the right one. */
async function removesExactly(records: S3Records, key: string, absent: string): Promise<boolean> {
  const version = await records.put(key, utf8.encode(key))
  const attempt = (name: string, etag: string): Promise<boolean | null> =>
    records.remove(name, etag).catch((error: unknown) => {
      if (error instanceof S3Error) return null
      throw error
    })
  if ((await attempt(key, NO_ETAG)) !== false || (await attempt(absent, NO_ETAG)) !== false) return false
  if ((await records.get(key)) === null) return false
  return (await attempt(key, version ?? '')) === true && (await records.get(key)) === null
}

async function verifies(client: Client, key: string): Promise<boolean> {
  const object = `${client.settings.prefix}probe/${key}!`
  const ask = { method: 'PUT', object, body: utf8.encode(key), sha256: '0'.repeat(64) } as const
  const { code } = await client.read({ ...ask, accept: ['XAmzContentSHA256Mismatch', 'BadDigest'] })
  return code !== ''
}

function orUnfit(client: Client, header: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof S3Error && (error.status === 501 || error.status === 400))
      throw unfit(client, `it does not know ${header} (${error.status} ${error.code})`)
    throw error
  }
}

function unfit({ settings }: Client, why: string): S3Error {
  const { bucket, origin } = settings
  return new S3Error(
    'UnfitStore',
    200,
    `the bucket ${JSON.stringify(bucket)} at ${origin} cannot be used: ${why}; it takes a store with If-None-Match and If-Match on writes, such as AWS S3, Cloudflare R2 or MinIO`,
  )
}
