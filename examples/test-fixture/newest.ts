import type { Client } from 'ocikit/client'
import type { Descriptor } from 'ocikit/oci'

/** What this example tests: which image of a repository has the highest version, as in `v1.10.0`. */
export async function newestOf(registry: Client, repository: string): Promise<Descriptor | null> {
  let newest: { tag: string; parts: number[] } | null = null
  for await (const tag of registry.tags(repository)) {
    const [, ...parts] = /^v(\d+)\.(\d+)\.(\d+)$/.exec(tag)?.map(Number) ?? []
    if (parts.length > 0 && (!newest || isAbove(parts, newest.parts))) newest = { tag, parts }
  }
  return newest && registry.resolveManifest(repository, newest.tag)
}

function isAbove(parts: readonly number[], others: readonly number[]): boolean {
  const at = parts.findIndex((part, no) => part !== others[no])
  return at >= 0 && parts[at]! > others[at]!
}
