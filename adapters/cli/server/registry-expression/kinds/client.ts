import * as v from 'valibot'
import type { CredentialSource, Credentials } from '../../../../../src/auth/client/index.ts'
import { type ClientOptions, createClient } from '../../../../../src/client/index.ts'
import { sizeOf } from '../../../../../src/env/index.ts'
import { dockerCredentials } from '../../../../node/index.ts'
import { object, passes, size, text, time } from '../../../input/fields.ts'
import { durationOf } from '../../../input/values.ts'
import { type Kind, kindOf, type Opening } from '../kind.ts'
import { type Secret, secret } from '../surroundings.ts'

const login = object({
  username: v.optional(text),
  password: v.optional(secret),
  identityToken: v.optional(secret),
  registryToken: v.optional(secret),
})

/** A registry somewhere else. */
export const client: Kind = kindOf(
  () => ({
    url: v.pipe(
      v.string(),
      v.check(
        (value) => passes(() => createClient(value)),
        'must be a host, as in ghcr.io, or the URL of a registry, without credentials',
      ),
    ),
    credentials: v.optional(v.union([v.literal('docker'), login], 'must be "docker" or an object')),
    chunkSize: v.optional(size),
    maxManifestSize: v.optional(size),
    timeout: v.optional(time),
    userAgent: v.optional(v.string()),
  }),
  ({ url, credentials, ...fields }, opening) => {
    const { chunkSize, maxManifestSize, timeout, userAgent } = fields
    const onWarning = (text: string) => opening.logger.warn('a registry warns', { registry: url, text })
    const options: ClientOptions = {
      onWarning,
      ...(credentials !== undefined && { credentials: credentialsOf(credentials, opening) }),
      ...(chunkSize !== undefined && { chunkSize: sizeOf('chunkSize', chunkSize) }),
      ...(maxManifestSize !== undefined && { maxManifestSize: sizeOf('maxManifestSize', maxManifestSize) }),
      ...(timeout !== undefined && { timeout: durationOf('timeout', timeout) }),
      ...(userAgent !== undefined && { userAgent }),
    }
    return createClient(url, options)
  },
)

function credentialsOf(
  given: 'docker' | v.InferOutput<typeof login>,
  opening: Opening,
): Credentials | CredentialSource {
  if (given === 'docker') return dockerCredentials({ env: opening.env })
  const { username, ...secrets } = given
  const found = Object.entries(secrets as Record<string, Secret | undefined>).flatMap(([name, where]) =>
    where === undefined ? [] : [[name, opening.secret(where, `credentials.${name}`)]],
  )
  return { ...(username !== undefined && { username }), ...Object.fromEntries(found) }
}
