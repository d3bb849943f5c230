import { type CopyOptions, parsePlatform } from '../../../src/transfer/index.ts'
import { UsageError } from '../input/values.ts'
import { REMOTE_FLAGS, type Switch } from './remote.ts'

interface Text {
  readonly type: 'string'
}

/** How something is copied: flags of `copy` and `sync`. */
export const COPY_FLAGS: Readonly<
  Record<'referrers' | 'recursive' | 'chunked' | 'quiet' | 'json', Switch> &
    Record<'concurrency' | 'parts', Text>
> & { readonly platform: Text & { readonly multiple: true } } & typeof REMOTE_FLAGS = {
  platform: { type: 'string', multiple: true },
  referrers: { type: 'boolean' },
  recursive: { type: 'boolean' },
  concurrency: { type: 'string' },
  parts: { type: 'string' },
  chunked: { type: 'boolean' },
  quiet: { type: 'boolean' },
  json: { type: 'boolean' },
  ...REMOTE_FLAGS,
}

/** The flags that `copy` and `sync` share, checked. @throws {@link UsageError} */
export function copyOptions(values: {
  readonly platform?: string[]
  readonly referrers?: boolean
  readonly recursive?: boolean
  readonly concurrency?: string
  readonly parts?: string
  readonly chunked?: boolean
}): CopyOptions {
  const { platform, concurrency, parts } = values
  return {
    ...(platform && { platforms: platform.map(platformOf) }),
    recursive: values.recursive ?? false,
    referrers: values.referrers ?? false,
    chunked: values.chunked ?? false,
    ...(concurrency !== undefined && { concurrency: countOf('--concurrency', concurrency) }),
    ...(parts !== undefined && { parts: countOf('--parts', parts) }),
  }
}

/** A platform, as it was written. @throws {@link UsageError} */
export function platformOf(text: string): string {
  try {
    parsePlatform(text)
    return text
  } catch (error) {
    throw new UsageError(`--platform: ${(error as Error).message}`)
  }
}

/** A number of things at once. @throws {@link UsageError} */
export function countOf(flag: string, text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > 100) throw new UsageError(`${flag} must be a number from 1 to 100`)
  return count
}
