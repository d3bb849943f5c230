/** Checked by Deno against its own types: what it gives must be what our own, smaller types ask for. */

/// <reference lib="deno.unstable" />

import type * as adapter from '../../../adapters/deno/runtime.ts'
import type * as driver from '../../../adapters/storage/kv/deno-types.ts'

export const kvOf = (kv: Deno.Kv): driver.DenoKv => kv
export const entryOf = (entry: Deno.KvEntryMaybe<unknown>): driver.DenoKvEntry => entry
export const serverOf = (server: Deno.HttpServer<Deno.NetAddr>): adapter.NativeServer => server
export const infoOf = (info: Deno.ServeHandlerInfo<Deno.NetAddr>): adapter.RequestInfo => info
export const fileOf = (file: Deno.FsFile): adapter.NativeFile => file

/** Options go the other way: Deno must understand what we say. */
export const optionsOf = (options: adapter.NativeOptions): Deno.ServeTcpOptions => options
