import { RegistryError } from '../oci/index.ts'

/** What can be switched while requests are served. */
export interface Switches {
  /** Writes are refused. */
  readOnly: boolean
}

const READS: readonly string[] = ['GET', 'HEAD']

/**
 * Lets a request pass that changes nothing.
 * @throws RegistryError `UNSUPPORTED` (405), as a registry has it that can only be read.
 */
export function requireWritable({ readOnly }: Switches, method: string): void {
  if (!readOnly || READS.includes(method)) return
  throw new RegistryError(
    'UNSUPPORTED',
    'this registry is read-only now: pull works, push and delete do not',
    {
      headers: { allow: READS.join(', ') },
    },
  )
}
