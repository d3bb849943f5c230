import type { Action, Context, Subject } from '../registry.ts'
import type { ApiRequest } from './parse.ts'

/** A context, and the warnings that were given to it. */
export interface Tracked {
  readonly context: Context
  readonly warnings: readonly string[]
}

/** Makes the context of a request. */
export function makeContext(
  request: Request,
  requestId: string,
  subject: Subject | null,
  action: Action,
  defer: (work: Promise<unknown>) => void,
  address: string | undefined,
  inspect?: Context['inspect'],
): Tracked {
  const warnings: string[] = []
  const agent = request.headers.get('user-agent')
  const client = { ...(address === undefined ? {} : { address }), ...(agent === null ? {} : { agent }) }
  return {
    context: {
      requestId,
      subject,
      action,
      client,
      defer,
      warn: (text) => void warnings.push(text),
      ...(inspect && { inspect }),
    },
    warnings,
  }
}

/** What a request is about. */
export function actionOf(api: ApiRequest, method: string, query: URLSearchParams): Action {
  const from = api.endpoint === 'uploads' && query.has('mount') ? query.get('from') : null
  const resource =
    'digest' in api ? api.digest : 'reference' in api ? api.reference : 'id' in api ? api.id : undefined
  return {
    endpoint: api.endpoint,
    method,
    ...('name' in api && api.name !== undefined ? { repository: api.name } : {}),
    ...(resource === undefined ? {} : { resource }),
    ...(from === null ? {} : { from }),
  }
}

/** All `Warning` headers of an answer together are at most so long (distribution-spec, "Warnings"). */
const MAX_WARNINGS = 4096

/** Values of `Warning` headers: code 299, no agent, quotes escaped, nothing but printable ASCII. */
export function warningHeaders(texts: readonly string[]): string[] {
  const values: string[] = []
  let left = MAX_WARNINGS
  for (const text of texts) {
    const value = `299 - "${text.replace(/[^\x20-\x7e]/g, ' ').replace(/["\\]/g, '\\$&')}"`
    left -= value.length
    if (left < 0) break
    values.push(value)
  }
  return values
}
