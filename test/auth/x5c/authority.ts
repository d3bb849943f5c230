/** Certificates for tests, as openssl makes them. */

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { importPKCS8, type JWTPayload, SignJWT } from 'jose'
import { type Folder, temporaryFolder } from '../../clients/process.ts'

const KINDS = {
  ES256: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  ES384: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  RS256: ['rsa:2048'],
  weak: ['rsa:1024'],
  EdDSA: ['ed25519'],
} as const

export type Kind = keyof typeof KINDS

/** What a certificate is to be. */
export interface Wish {
  readonly name: string
  /** Who signs it (itself). */
  readonly by?: Certified
  readonly kind?: Kind
  /** As openssl spells them: for an authority without a limit, or for somebody who signs tokens. */
  readonly extensions?: readonly string[]
  /** How long it is valid from now on. */
  readonly days?: number
  /** What signs it (`sha256`). */
  readonly hash?: string
}

/** A certificate with its key. */
export interface Certified {
  readonly pem: string
  /** As it stands in a token. */
  readonly x5c: string
  readonly files: { readonly cert: string; readonly key: string }
  readonly kind: Kind
  /** Signs a token, whose header has these certificates. */
  sign(claims: JWTPayload, chain?: readonly Certified[], head?: object): Promise<string>
}

export const AUTHORITY = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign']
export const SIGNER = ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature']

/** Makes certificates in a folder, which is removed at the end. */
export async function authority(): Promise<AsyncDisposable & { certify(wish: Wish): Certified }> {
  const folder = await temporaryFolder()
  // Without one of our own, that of the machine adds extensions.
  writeFileSync(folder.at('config'), '[req]\ndistinguished_name=dn\n[dn]\n')
  return { certify: (wish) => certify(folder, wish), [Symbol.asyncDispose]: () => folder.remove() }
}

let made = 0

function certify(
  folder: Folder,
  { name, by, kind = 'ES256', days = 30, hash = 'sha256', ...rest }: Wish,
): Certified {
  const file = `${++made}`
  const files = { cert: folder.at(`${file}.crt`), key: folder.at(`${file}.key`) }
  const extensions = rest.extensions ?? (by ? SIGNER : AUTHORITY)
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-config', folder.at('config'), '-subj', `/CN=${name}`, '-days', String(days)],
      ...['-newkey', ...KINDS[kind], '-nodes', '-keyout', files.key, '-out', files.cert],
      ...(hash === '' ? [] : [`-${hash}`]),
      ...(by ? ['-CA', by.files.cert, '-CAkey', by.files.key] : []),
      ...extensions.flatMap((each) => ['-addext', each]),
    ],
    { stdio: 'ignore' },
  )
  const pem = readFileSync(files.cert, 'utf8')
  const x5c = pem.replace(/-----[^-]+-----|\s/g, '')
  const alg = kind === 'weak' ? 'RS256' : kind
  return {
    pem,
    x5c,
    files,
    kind,
    async sign(claims, chain, head = {}) {
      const key = await importPKCS8(readFileSync(files.key, 'utf8'), alg)
      const x5cs = (chain ?? [{ x5c }]).map((each) => each.x5c)
      return new SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT', x5c: x5cs, ...head }).sign(key)
    },
  }
}

/** The claims of a token that reads and writes in `a`, as a service elsewhere would spell them. */
export function claimsAt(now: number): JWTPayload {
  const at = Math.floor(now / 1000)
  return {
    iss: 'auth.example',
    aud: 'registry.example',
    sub: 'ann',
    iat: at,
    exp: at + 300,
    access: [{ type: 'repository', name: 'a', actions: ['pull', 'push'] }],
  }
}
