import * as v from 'valibot'
import type { S3Credentials, S3Options } from '../../../../storage/s3/index.ts'
import { object, text } from '../../../input/fields.ts'
import { bucketCredentials, openS3 } from '../../storage.ts'
import { type Kind, kindOf, type Opening } from '../kind.ts'
import { storeEntries } from '../store.ts'
import { type Secret, secret } from '../surroundings.ts'

/** How a bucket is reached. Without credentials it is with those of the variables that AWS tools know. */
export const accessEntries: AccessEntries = {
  prefix: v.optional(text),
  region: v.optional(text),
  endpoint: v.optional(text),
  pathStyle: v.optional(v.boolean()),
  credentials: v.optional(
    object({ accessKeyId: secret, secretAccessKey: secret, sessionToken: v.optional(secret) }),
  ),
}

/** A bucket. */
export const s3: Kind = kindOf(
  () => ({ bucket: text, ...accessEntries, ...storeEntries }),
  async ({ sparse, quotas, retention, ...bucket }, opening) =>
    opening.store(await openS3(bucketIn(bucket, opening)), { sparse, quotas, retention }),
)

/** A bucket as it is opened. @throws `UsageError` for secrets that are not there. */
export function bucketIn({ credentials, ...bucket }: Bucket, opening: Opening): S3Options {
  const given = Object.entries(bucket).filter(([, value]) => value !== undefined)
  return {
    ...Object.fromEntries(given),
    credentials: credentials ? keysOf(credentials, opening) : bucketCredentials(opening.env),
  } as S3Options
}

type Text = v.OptionalSchema<typeof text, undefined>

type AccessEntries = {
  readonly prefix: Text
  readonly region: Text
  readonly endpoint: Text
  readonly pathStyle: v.OptionalSchema<v.BooleanSchema<undefined>, undefined>
  readonly credentials: v.OptionalSchema<v.GenericSchema<unknown, Keys>, undefined>
}

interface Bucket {
  readonly bucket: string
  readonly prefix?: string | undefined
  readonly region?: string | undefined
  readonly endpoint?: string | undefined
  readonly pathStyle?: boolean | undefined
  readonly credentials?: Keys | undefined
}

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
