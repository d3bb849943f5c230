import type { Client } from './client.ts'
import { elementsOf, textOf } from './xml.ts'

/** The names of the folders directly below a prefix that is empty or ends in a slash: ListObjectsV2 by the slash. */
export async function foldersIn(
  client: Client,
  prefix: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const names: string[] = []
  let token: string | undefined
  do {
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      delimiter: '/',
      prefix,
      ...(token !== undefined && { 'continuation-token': token }),
    }
    const { body } = await client.read({ method: 'GET', query, signal })
    const xml = new TextDecoder().decode(body)
    for (const each of elementsOf(xml, 'CommonPrefixes')) {
      const found = decoded(textOf(each, 'Prefix') ?? '')
      if (found.startsWith(prefix) && found.endsWith('/')) names.push(found.slice(prefix.length, -1))
    }
    token = textOf(xml, 'IsTruncated') === 'true' ? textOf(xml, 'NextContinuationToken') : undefined
  } while (token !== undefined)
  return names
}

/** Nothing that is encoded otherwise is the name of a repository, a tag or a digest. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
