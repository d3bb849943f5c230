import * as v from 'valibot'
import type { S3Credentials, S3Options } from '../../../../storage/s3/index.ts'
import { object, text } from '../../../input/fields.ts'
import { bucketCredentials, openS3 } from '../../storage.ts'
import { type Kind, kindOf, type Opening } from '../kind.ts'
import { storeEntries } from '../store.ts'
import { type Secret, secret } from '../surroundings.ts'

/** A bucket. Without credentials it takes those of the variables that AWS tools know. */
export const s3: Kind = kindOf(
  () => ({
    bucket: text,
    prefix: v.optional(text),
    region: v.optional(text),
    endpoint: v.optional(text),
    pathStyle: v.optional(v.boolean()),
    credentials: v.optional(
      object({ accessKeyId: secret, secretAccessKey: secret, sessionToken: v.optional(secret) }),
    ),
    ...storeEntries,
  }),
  async ({ sparse, quotas, retention, credentials, ...bucket }, opening) => {
    const given = Object.entries(bucket).filter(([, value]) => value !== undefined)
    const options = {
      ...Object.fromEntries(given),
      credentials: credentials ? keysOf(credentials, opening) : bucketCredentials(opening.env),
    } as S3Options
    return opening.store(await openS3(options), { sparse, quotas, retention })
  },
)

interface Keys {
  readonly accessKeyId: Secret
  readonly secretAccessKey: Secret
  readonly sessionToken?: Secret | undefined
}

function keysOf(
  { accessKeyId, secretAccessKey, sessionToken }: Keys,
  { secret: of }: Opening,
): S3Credentials {
  return {
    accessKeyId: of(accessKeyId, 'credentials.accessKeyId'),
    secretAccessKey: of(secretAccessKey, 'credentials.secretAccessKey'),
    ...(sessionToken && { sessionToken: of(sessionToken, 'credentials.sessionToken') }),
  }
}
