/**
 * What may be shown of a request: not its secrets, and not without end.
 * @module
 */

const HIDDEN = '[redacted]'
/** Names of fields, headers and parts of a query that hold secrets; a `key` alone is that of a record. */
const SECRET_NAME = /auth|cookie|passw|secret|token|.key|signature|credential|^sig$|upload-uuid/i
/** Longest text, most entries of an object or a list, and how deep they nest. */
const MAX_TEXT = 1000
const MAX_ENTRIES = 50
const MAX_DEPTH = 5
/** Of an upload id, which is a key to a session, so much is shown. */
const UPLOAD_ID = /(\/blobs\/uploads\/[\w-]{0,8})[^/?\s"]+/g
const SCHEMES = /\b(basic|bearer|negotiate|digest)\s+[\w.~+/=-]{4,}/gi
/** JSON Web Tokens, and other base64 of JSON. */
const JWT = /\beyJ[\w-]{10,}(?:\.[\w-]*)*/g
const USER_INFO = /(:\/\/)[^/@\s]+@/g
const QUERY_PAIR = /([?&;]([\w.%-]+)=)([^&;#\s"]+)/g

/** What a value is shown as: a copy of bounded size, JSON all of it. */
export type Redactor = (value: unknown) => unknown

/**
 * Hides what looks like a secret, by the name of its field or by its form, and wherever they occur the secrets that
 * this request itself has brought.
 */
export function redactorFor(request: Request): Redactor {
  const own = secretsOf(request.headers)
  const [, upload] = /\/blobs\/uploads\/([\w-]{9,})/.exec(request.url) ?? []
  const textOf = (text: string): string => {
    let shown = text
    for (const secret of own) shown = shown.replaceAll(secret, HIDDEN)
    if (upload !== undefined) shown = shown.replaceAll(upload, `${upload.slice(0, 8)}...`)
    return shown
      .slice(0, MAX_TEXT)
      .replace(SCHEMES, `$1 ${HIDDEN}`)
      .replace(JWT, HIDDEN)
      .replace(USER_INFO, `$1${HIDDEN}@`)
      .replace(UPLOAD_ID, '$1...')
      .replace(QUERY_PAIR, (whole, before: string, name: string) =>
        SECRET_NAME.test(name) ? before + HIDDEN : whole,
      )
  }
  const show = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return textOf(value)
    if (typeof value === 'bigint') return String(value)
    if (typeof value !== 'object' || value === null) return typeof value === 'function' ? 'a function' : value
    if (value instanceof Uint8Array) return `${value.length} bytes`
    if (value instanceof ReadableStream) return 'a stream'
    if (value instanceof Error) return textOf(`${value.name}: ${value.message}`)
    if (depth >= MAX_DEPTH) return '...'
    if (value instanceof Headers) return show(Object.fromEntries(value), depth)
    if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((each) => show(each, depth + 1))
    const fields = Object.entries(value).slice(0, MAX_ENTRIES)
    return Object.fromEntries(
      fields.map(([name, field]) => [textOf(name), SECRET_NAME.test(name) ? HIDDEN : show(field, depth + 1)]),
    )
  }
  return (value) => {
    try {
      return show(value, 0)
    } catch {
      // A getter of somebody else's object.
      return 'something that cannot be shown'
    }
  }
}

/** The credentials of a request in all their forms, the longest first, so that none is left in part. */
function secretsOf(headers: Headers): string[] {
  const found = new Set<string>()
  for (const name of ['authorization', 'proxy-authorization', 'cookie']) {
    const value = headers.get(name)
    if (value === null) continue
    const credentials = value.replace(/^\S+\s+/, '')
    const decoded = decodedOf(credentials)
    for (const text of [value, credentials, decoded, decoded.slice(decoded.indexOf(':') + 1)]) found.add(text)
  }
  // A text of a letter or two would hide everything.
  return [...found].filter((text) => text.length > 2).sort((a, b) => b.length - a.length)
}

function decodedOf(base64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)))
  } catch {
    return ''
  }
}
