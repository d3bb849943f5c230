import { MODIFIED, VERSION, wireEntry } from './session-wire.ts'
import { type SqlRecords, sqlRecords } from './sql-records.ts'
import type { DurableObjectState } from './types.ts'

/**
 * The Durable Object class which keeps the records of upload sessions. Export it from the Worker's module, bind it,
 * and give the binding to `withUploadSessions`. It needs SQLite: `new_sqlite_classes` in the migration.
 */
export class UploadSessions {
  readonly #records: SqlRecords

  /** Called by the runtime. */
  constructor(state: DurableObjectState) {
    this.#records = sqlRecords({
      sql: state.storage.sql,
      transactionSync: (work) => state.storage.transactionSync(work),
    })
  }

  /** Answers a call of the Worker; nobody else can reach it. */
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const of = (name: string): string => searchParams.get(name) ?? ''
    const key = of('key')
    switch (pathname) {
      case '/get': {
        const rec = this.#records.get(key)
        if (!rec) return new Response(null, { status: 404 })
        const headers = { [VERSION]: rec.version, [MODIFIED]: String(rec.modified) }
        return new Response(rec.value as Uint8Array<ArrayBuffer>, { headers })
      }
      case '/create':
        return answer(this.#records.write(key, await bytesOf(request), 'absent'))
      case '/put': {
        const version = searchParams.get('version')
        const wanted = version === null ? 'any' : { version }
        return answer(this.#records.write(key, await bytesOf(request), wanted))
      }
      case '/remove':
        return answer(this.#records.remove(key, of('version')) ? '' : null)
      case '/drop':
        this.#records.drop((await request.json()) as string[])
        return answer('')
      case '/list': {
        const bounds = {
          after: searchParams.get('after'),
          limit: Number(of('limit')),
          values: of('values') === '1',
        }
        const { entries, more } = this.#records.list(of('prefix'), bounds)
        return Response.json({ entries: entries.map(wireEntry), more })
      }
      default:
        return new Response(null, { status: 405 })
    }
  }
}

async function bytesOf(request: Request): Promise<Uint8Array> {
  return new Uint8Array(await request.arrayBuffer())
}

/** 409: the condition does not hold. */
function answer(version: string | null): Response {
  return version === null ? new Response(null, { status: 409 }) : new Response(version)
}
