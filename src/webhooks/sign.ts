/**
 * Signatures as in Standard Webhooks 1.0 (https://www.standardwebhooks.com): HMAC-SHA256 over `id.time.body`, so that a
 * receiver can refuse what is not from here, was changed, or is sent once more by somebody who has seen it.
 * @module
 */

/** Fewest bytes of a secret. */
const MIN_SECRET = 24

/** The key that a secret stands for: what `whsec_` is put before is base64, anything else is taken as it is. */
export function signingKey(secret: string, at: string): Uint8Array<ArrayBuffer> {
  const key = secret?.startsWith?.('whsec_') ? fromBase64(secret.slice(6)) : encoder.encode(secret ?? '')
  if (key && key.length >= MIN_SECRET) return key
  throw new TypeError(`${at}.secret must have at least ${MIN_SECRET} bytes, behind whsec_ as base64`)
}

const encoder = new TextEncoder()

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}

/**
 * The headers that sign a body.
 * @param time Of sending, in milliseconds.
 */
export async function signatureHeaders(
  keys: readonly Uint8Array<ArrayBuffer>[],
  id: string,
  time: number,
  body: string,
): Promise<Record<string, string>> {
  const seconds = String(Math.floor(time / 1000))
  const signatures = await Promise.all(keys.map((key) => sign(key, `${id}.${seconds}.${body}`)))
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': signatures.map((signature) => `v1,${signature}`).join(' '),
  }
}

async function sign(key: Uint8Array<ArrayBuffer>, text: string): Promise<string> {
  const hmac = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const signature = await crypto.subtle.sign('HMAC', hmac, encoder.encode(text))
  return btoa(String.fromCharCode(...new Uint8Array(signature)))
}
