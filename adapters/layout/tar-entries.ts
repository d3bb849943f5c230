/**
 * What is in a tar archive, and where (POSIX pax, with the long names of GNU).
 * @module
 */

import { Buffer } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { posix } from 'node:path'
import type { Span } from '../../src/oci/index.ts'
import { RegistryError } from '../../src/oci/index.ts'
import { BLOCK, checksumOf, tarEnd } from './tar-header.ts'

/** Longest extended header, and most entries. */
const MAX_EXTENDED = 1024 * 1024
const MAX_ENTRIES = 1_000_000

/**
 * Reads where each file of an archive is; of several of one name the last. Links lead to what they name. Only headers
 * are read.
 * @throws RegistryError `MANIFEST_INVALID` for what is no archive, or a compressed one.
 */
export async function tarEntries(file: FileHandle): Promise<Map<string, Span>> {
  const { size: end } = await file.stat()
  const found = new Map<string, Span>()
  const links = new Map<string, string>()
  let extended: { path?: string; size?: number; linkpath?: string } = {}
  let count = 0
  for (let at = 0; at + BLOCK <= end; ) {
    const header = await readAt(file, at, BLOCK)
    if (header.every((byte) => byte === 0)) break
    checkHeader(header, at)
    if (++count > MAX_ENTRIES) throw broken('it has too many entries')
    const type = String.fromCharCode(header[156]!)
    const size = extended.size ?? numberIn(header, 124, 12)
    const data = at + BLOCK
    at = tarEnd(data + size)
    if (data + size > end) throw broken('it ends in the middle of a file')
    if (type === 'x' || type === 'L' || type === 'K') {
      if (size > MAX_EXTENDED) throw broken('a header is too long')
      extended = { ...extended, ...extendedOf(type, await readAt(file, data, size)) }
      continue
    }
    const path = posix.normalize(extended.path ?? nameIn(header))
    if (type === '0' || type === '\0' || type === '7') found.set(path, { offset: data, length: size })
    const target = extended.linkpath ?? textIn(header, 157, 100)
    if (type === '1') links.set(path, posix.normalize(target))
    if (type === '2') links.set(path, posix.join(posix.dirname(path), target))
    if (type !== 'g') extended = {}
  }
  for (const [path, target] of links) {
    const span = found.get(target)
    if (span && !found.has(path)) found.set(path, span)
  }
  return found
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  const { bytesRead } = await file.read(bytes, 0, length, position)
  if (bytesRead < length) throw broken('it ends in the middle of a header')
  return bytes
}

function checkHeader(header: Buffer, at: number): void {
  if (at === 0 && header[0] === 0x1f && header[1] === 0x8b)
    throw broken('it is compressed: unpack it with gunzip first')
  const blank = Buffer.from(header)
  blank.fill(' ', 148, 156)
  if (Number.parseInt(textIn(header, 148, 8).trim(), 8) === checksumOf(blank)) return
  throw broken(at === 0 ? 'it is something else' : 'a header is damaged')
}

/** Octal digits, or binary where the first bit says so. */
function numberIn(header: Buffer, start: number, length: number): number {
  if (header[start]! & 0x80) return Number(header.readBigUInt64BE(start + length - 8))
  const text = textIn(header, start, length).trim()
  if (!/^[0-7]*$/.test(text)) throw broken('a number in it is none')
  return Number.parseInt(text || '0', 8)
}

function nameIn(header: Buffer): string {
  const prefix = header.toString('latin1', 257, 262) === 'ustar' ? textIn(header, 345, 155) : ''
  const name = textIn(header, 0, 100)
  return prefix === '' ? name : `${prefix}/${name}`
}

function textIn(bytes: Buffer, start: number, length: number): string {
  const text = bytes.subarray(start, start + length)
  const end = text.indexOf(0)
  return text.toString('utf8', 0, end < 0 ? length : end)
}

function extendedOf(type: string, bytes: Buffer): { path?: string; size?: number; linkpath?: string } {
  if (type === 'L') return { path: textIn(bytes, 0, bytes.length) }
  if (type === 'K') return { linkpath: textIn(bytes, 0, bytes.length) }
  const fields: Record<string, string> = {}
  // Each record is "length key=value\n", with the length of all of it.
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const length = Number(bytes.toString('latin1', at, Math.max(at, space)))
    if (space < 0 || !Number.isInteger(length) || length < 1) throw broken('an extended header is damaged')
    const [key = '', ...value] = bytes.toString('utf8', space + 1, at + length - 1).split('=')
    fields[key] = value.join('=')
    at += length
  }
  const { path, size, linkpath } = fields
  if (size !== undefined && !/^\d{1,15}$/.test(size)) throw broken('a number in it is none')
  return {
    ...(path === undefined ? {} : { path }),
    ...(size === undefined ? {} : { size: Number(size) }),
    ...(linkpath === undefined ? {} : { linkpath }),
  }
}

function broken(reason: string): RegistryError {
  return new RegistryError('MANIFEST_INVALID', `this is no tar archive that can be read: ${reason}`)
}
