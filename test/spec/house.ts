import * as check from './check.ts'
import { hasSlashes } from './slashes.ts'
import type { Target } from './target.ts'

/**
 * Ocikit promises more than the specification asks of an answer. A target wrapped in this checks it on every
 * answer of every row: the version header, an error body on each 4xx, no coding of the content, no 5xx.
 */
export function houseRules(target: Target): Target {
  return {
    ...target,
    async fetch(request) {
      if (target.mergesSlashes && hasSlashes(request)) return target.fetch(request)
      const { method, url } = request
      const { status, headers, ...response } = await read(await target.fetch(request))
      const answer = { method, url, status, headers, body: response.body }
      check.that(status < 500, `no server error; ${check.describe(answer)}`)
      if (/^\/v2(\/|$)/.test(new URL(url).pathname)) {
        check.header(answer, 'docker-distribution-api-version', 'registry/2.0')
      }
      check.noHeader(answer, 'content-encoding')
      const bodiless = method === 'HEAD' || status === 204 || status === 304
      if (bodiless) check.that(answer.body.length === 0, `no body; ${check.describe(answer)}`)
      else if (status >= 400) check.errorsOf(answer)
      if (!bodiless && headers.has('content-length')) {
        check.header(answer, 'content-length', String(answer.body.length))
      }
      return new Response(bodiless ? null : response.body, { status, headers })
    },
  }
}

async function read(response: Response) {
  return {
    status: response.status,
    headers: response.headers,
    body: new Uint8Array(await response.arrayBuffer()),
  }
}
