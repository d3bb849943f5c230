import { bearer, tokenService } from '../../../src/auth/tokens/index.ts'
import { caBundle } from '../../../src/auth/x5c/index.ts'
import { type Auth, memory, type Ocikit, type OcikitOptions, ocikit, users } from '../../../src/index.ts'
import type { Storage } from '../../../src/storage/index.ts'

/** How callers show who they are: ann by her password, ann by a token for it, or by a token with a certificate. */
export type Way = 'Basic' | 'Bearer' | 'x5c'

/** A registry with users, as a program of each runtime serves it. */
export function kitFor(way: string, pem?: string, storage?: Storage): Ocikit {
  return ocikit(optionsFor(way as Way, pem, storage))
}

/** What such a registry is made of. @param pem For `x5c`: whom it believes. */
export function optionsFor(way: Way, pem = '', storage: Storage = memory()) {
  return { storage, auth: authFor(way, pem, storage), sparse: true } satisfies OcikitOptions
}

function authFor(way: Way, pem: string, { records }: Storage): Auth {
  const login = users([{ name: 'ann', password: 'secret' }])
  if (way === 'Basic') return login
  if (way === 'Bearer') return tokenService({ login, authorize: login.authorize, records })
  return bearer({
    realm: 'https://auth.example/token',
    service: 'registry.example',
    issuer: 'auth.example',
    keys: caBundle(pem),
  })
}
