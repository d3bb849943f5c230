/**
 * Requests of a client, written down as rows, sent again.
 * @module
 */

import { expect } from 'vitest'
import type { Contents } from './buildkit.ts'
import type { TestRegistry } from './registry.ts'

/**
 * One request and the status it must have: `HEAD blob layer 404`, `PUT manifest index 1 201`. The word between
 * the content and the status is the tag; without it a manifest is addressed by its digest.
 */
export type Row = string

/**
 * Sends rows about contents to a repository, one after the other, and checks each answer.
 * @param from - The repository to mount from.
 * @param user - Name and password.
 */
export function replayer(
  registry: TestRegistry,
  name: string,
  contents: Contents,
  from?: string,
  user?: string,
) {
  const locations = new Map<string, string>()
  const base = `${registry.url}/v2/${name}`
  const authorization = user === undefined ? {} : { authorization: `Basic ${btoa(user)}` }

  const send = async (row: Row) => {
    const [method = '', kind = '', content = '', ...rest] = row.split(' ')
    const [tag] = rest.length > 1 ? rest : []
    const found = contents[content]
    if (found === undefined) throw new Error(`no content: ${row}`)
    const { bytes, descriptor } = found
    const { digest, mediaType, size } = descriptor
    const headers: Record<string, string> = {
      'user-agent': 'buildkit/v0.25',
      accept: `${mediaType}, */*`,
      ...authorization,
    }
    if (method === 'GET' && kind === 'blob') headers['accept-encoding'] = 'zstd, gzip, deflate'
    let url = `${base}/${kind}s/${tag ?? digest}`
    let init: RequestInit & { duplex?: 'half' } = { method, headers }
    if (method === 'POST') url = `${base}/blobs/uploads/`
    if (method === 'MOUNT') {
      url = `${base}/blobs/uploads/?${new URLSearchParams({ mount: digest, from: from ?? '' })}`
      init = { method: 'POST', headers }
    }
    if (method === 'PUT') {
      const type = kind === 'blob' ? 'application/octet-stream' : mediaType
      // No length is told for no bytes: they come as a stream.
      const body = size === 0 ? new Blob([]).stream() : new Uint8Array(bytes)
      init = { method, headers: { ...headers, 'content-type': type }, body, duplex: 'half' }
      if (kind === 'blob') {
        const target = new URL(locations.get(content) ?? '', registry.url)
        target.searchParams.set('digest', digest)
        url = target.href
      }
    }
    const response = await fetch(url, init)
    const body = Buffer.from(await response.arrayBuffer())
    return { method, kind, content, response, body, bytes, descriptor }
  }

  return async (...groups: Row[][]) => {
    for (const row of groups.flat()) {
      const { method, kind, content, response, body, bytes, descriptor } = await send(row)
      expect(`${row.slice(0, row.lastIndexOf(' '))} ${response.status}`).toBe(row)
      const told = (header: string) => response.headers.get(header) ?? ''
      if (response.status === 401) expect(told('www-authenticate')).toMatch(/^Basic realm=/)
      if (response.status === 202) locations.set(content, told('location'))
      if (response.status === 202) expect(told('location')).toMatch(/^\//)
      if (response.status === 404 && method === 'PUT') expect(`${body}`).toContain('MANIFEST_BLOB_UNKNOWN')
      if (response.status === 201) expect(told('docker-content-digest')).toBe(descriptor.digest)
      if (response.status !== 200) continue
      expect(told('docker-content-digest')).toBe(descriptor.digest)
      expect(told('content-length')).toBe(`${descriptor.size}`)
      if (kind === 'manifest') expect(told('content-type')).toBe(descriptor.mediaType)
      if (method === 'GET') expect(body.equals(bytes)).toBe(true)
    }
  }
}
