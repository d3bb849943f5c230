import * as v from 'valibot'
import { type Webhook, type Webhooks, webhooks } from '../../../src/index.ts'
import { object, text } from '../input/fields.ts'
import { type Env, variable } from '../input/flags.ts'
import { UsageError } from '../input/values.ts'

/** What a file says of a webhook. */
export interface WebhookInFile {
  readonly url: string
  /** Absent: it is in the environment. */
  readonly secret?: string | undefined
  readonly types?: Webhook['types'] | undefined
  readonly repositories?: readonly string[] | undefined
}

/** A webhook of a configuration file. */
export const webhookInFile: v.GenericSchema<unknown, WebhookInFile> = object({
  url: text,
  secret: v.optional(text),
  types: v.optional(
    v.array(
      v.picklist(
        ['manifest', 'tag', 'referrer', 'blob', 'mount', 'delete', 'pull'],
        'must be manifest, tag, referrer, blob, mount, delete or pull',
      ),
    ),
  ),
  repositories: v.optional(v.array(text)),
})

/**
 * The webhooks of flags, of the environment or of a file, each of which hides what comes after it. None, if there are
 * none. `source` of what they send is the public URL, if there is one.
 * @throws {@link UsageError} One line that shows no secret.
 */
export function webhooksIn(
  flags: readonly string[] | undefined,
  env: Env,
  file: readonly WebhookInFile[] = [],
  publicUrl?: string,
): { webhooks?: Webhooks } {
  const urls = flags ?? variable(env, 'webhook')?.split(/\r?\n/).filter(Boolean)
  const given: readonly WebhookInFile[] = urls?.map((url) => ({ url })) ?? file
  if (given.length === 0) return {}
  const secret = variable(env, 'webhook-secret')
  const list = given.map((each) => webhookOf(each, secret))
  try {
    return { webhooks: webhooks(list, publicUrl === undefined ? {} : { source: publicUrl }) }
  } catch (error) {
    throw new UsageError(`--webhook: ${(error as Error).message}`)
  }
}

function webhookOf({ url, secret, types, repositories }: WebhookInFile, common: string | undefined): Webhook {
  const signs = secret ?? common
  if (signs === undefined)
    throw new UsageError('a webhook needs a secret', 'set OCIKIT_WEBHOOK_SECRET to at least 24 characters')
  return { url, secret: signs, ...(types && { types }), ...(repositories && { repositories }) }
}
