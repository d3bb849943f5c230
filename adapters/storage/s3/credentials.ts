/**
 * Credentials that are fixed, or asked for again before they expire.
 * @module
 */

/** What signs requests. */
export interface S3Credentials {
  /** The public half. */
  readonly accessKeyId: string
  /** The secret half. It never leaves the process. */
  readonly secretAccessKey: string
  /** Belongs to temporary credentials. */
  readonly sessionToken?: string
  /** When temporary credentials end, as a date or in milliseconds since 1970. Absent: never. */
  readonly expiration?: Date | number
}

/** Gives credentials; is asked again 5 minutes before they end, and when the store says that they have ended. */
export type S3CredentialsProvider = () => S3Credentials | Promise<S3Credentials>

/** Where requests get their credentials. */
export interface CredentialSource {
  /** Those that are valid now; callers that come meanwhile share one question. */
  get(): Promise<S3Credentials>
  /** Says that the store refused these. True if others may be had, so that trying again makes sense. */
  renew(refused: S3Credentials): boolean
}

const EARLY = 5 * 60_000

/** A source of credentials. */
export function credentialSource(
  given: S3Credentials | S3CredentialsProvider,
  now: () => number,
): CredentialSource {
  if (typeof given !== 'function') return { get: async () => given, renew: () => false }
  let current: S3Credentials | undefined
  let asking: Promise<S3Credentials> | undefined

  const ask = async (): Promise<S3Credentials> => {
    try {
      current = await given()
      return current
    } catch (error) {
      // Those at hand may still do for a while.
      if (current !== undefined && endOf(current) > now()) return current
      throw error
    } finally {
      asking = undefined
    }
  }
  return {
    async get() {
      if (current !== undefined && endOf(current) - EARLY > now()) return current
      asking ??= ask()
      return asking
    },
    renew(refused) {
      if (current === refused) current = undefined
      return true
    },
  }
}

function endOf({ expiration }: S3Credentials): number {
  return expiration === undefined ? Number.POSITIVE_INFINITY : Number(expiration)
}
