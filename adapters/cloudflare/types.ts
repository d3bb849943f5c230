/**
 * The part of Cloudflare's runtime that is used, so that nobody needs `@cloudflare/workers-types`, whose globals
 * clash with those of other runtimes. A test holds it against the official types.
 * @module
 */

/** What a Worker gets with each request, beside its bindings. */
export interface ExecutionContext {
  /** Keeps the Worker alive until `work` has settled, at most 30 seconds longer than the answer. */
  waitUntil(work: Promise<unknown>): void
}

/** Durable Objects of one class, as they are bound to a Worker. */
export interface DurableObjectNamespace {
  /** The id of the object with this name. */
  idFromName(name: string): DurableObjectId
  /** The object; it begins to exist with its first request. */
  get(id: DurableObjectId): DurableObjectStub
}

/** Names a Durable Object. */
export interface DurableObjectId {
  /** Its text. */
  toString(): string
}

/** A Durable Object, from outside. */
export interface DurableObjectStub {
  /** Asks it. */
  fetch(url: string, init: { method: string; body?: Uint8Array<ArrayBuffer> | string }): Promise<Response>
}

/** A Durable Object, from inside. */
export interface DurableObjectState {
  /** What it keeps. */
  readonly storage: {
    /** Its own database. */
    readonly sql: SqlStorage
    /** Runs `work` wholly or not at all. */
    transactionSync<T>(work: () => T): T
  }
}

/** A SQLite database. */
export interface SqlStorage {
  /** Runs a statement; its rows come as they are asked for. */
  exec(query: string, ...bindings: SqlValue[]): Iterable<Record<string, SqlValue>>
}

/** A value of a database. */
export type SqlValue = ArrayBuffer | string | number | null
