/**
 * HTTP to registry: parse, authorise, dispatch, respond. Rules of the protocol live here; nothing here knows
 * of a storage or a runtime. Start reading at `handle.ts`; Hono comes in at `mount.ts`.
 * @module
 */

export type { Service } from './handle.ts'
export { monitor, remembered } from './monitor.ts'
export { mount } from './mount.ts'
export type { ChunkHints, Compat, Host, LogFields, Logger, RequestFields, ServerOptions } from './options.ts'
export { perContext } from './per-context.ts'
export { perEnv, sameForAll } from './per-env.ts'
export { proxies } from './proxy.ts'
export { errorResponse } from './respond.ts'
export { settingsOf } from './settings.ts'
export { sealUploads } from './upload-seal.ts'
export type { Switches } from './writable.ts'
