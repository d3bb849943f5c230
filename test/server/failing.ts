import {
  createStore,
  type LogFields,
  type Logger,
  memory,
  passThrough,
  type Registry,
} from '../../src/index.ts'
import { digestOf } from './http.ts'

const D = digestOf('x')

/** A logger that keeps its lines. */
export function keeping(): {
  logger: Logger
  lines: { level: string; message: string; fields?: LogFields }[]
} {
  const lines: { level: string; message: string; fields?: LogFields }[] = []
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ level, message, fields })
  return { logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines }
}

/** A registry behind the server in which everything that is asked throws this. */
export function throwing(thrown: unknown): Registry {
  const fail = (): Promise<never> => Promise.reject(thrown)
  // biome-ignore lint/correctness/useYield: it fails before
  const list = async function* (): AsyncGenerator<never> {
    throw thrown
  }
  return passThrough(createStore({ storage: memory() }), {
    getBlob: fail,
    resolveBlob: fail,
    getManifest: fail,
    resolveManifest: fail,
    deleteBlob: fail,
    pushManifest: fail,
    startUpload: fail,
    tags: list,
    repositories: list,
    referrers: list,
  })
}

/** Something of every endpoint that {@link throwing} fails at. */
export const asked: [string, string][] = [
  ['GET', `/v2/a/blobs/${D}`],
  ['HEAD', `/v2/a/blobs/${D}`],
  ['DELETE', `/v2/a/blobs/${D}`],
  ['GET', '/v2/a/manifests/x'],
  ['HEAD', '/v2/a/manifests/x'],
  ['PUT', '/v2/a/manifests/x'],
  ['POST', '/v2/a/blobs/uploads/'],
  ['GET', '/v2/a/tags/list'],
  ['HEAD', '/v2/a/tags/list'],
  ['GET', '/v2/_catalog'],
  ['GET', `/v2/a/referrers/${D}`],
]
