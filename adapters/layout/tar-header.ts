/**
 * What stands between the files of a tar archive (POSIX pax).
 * @module
 */

import { Buffer } from 'node:buffer'

/** What everything in an archive is a multiple of, in bytes. */
export const BLOCK = 512
/** What ends an archive. */
export const TAR_END: Uint8Array = new Uint8Array(2 * BLOCK)
const LONGEST_NAME = 100

/** What stands before a file of an archive. Its length depends on the path only. */
export function tarHeader(path: string, size: number): Uint8Array {
  if (path.length <= LONGEST_NAME) return headerBlock(path, size, '0')
  // As the files of sha512 digests are called.
  const record = pathRecord(path)
  const padded = Buffer.alloc(tarEnd(record.length))
  record.copy(padded)
  return Buffer.concat([headerBlock('PaxHeader', record.length, 'x'), padded, headerBlock(path, size, '0')])
}

/** Where a file ends with what fills it up; files begin at multiples of a block. */
export function tarEnd(position: number): number {
  return Math.ceil(position / BLOCK) * BLOCK
}

/** The sum of the bytes of a header. */
export function checksumOf(header: Buffer): number {
  return header.reduce((sum, byte) => sum + byte, 0)
}

/** "length key=value\n", with the length of all of it. */
function pathRecord(path: string): Buffer {
  const rest = ` path=${path}\n`
  let length = rest.length
  while (length < rest.length + String(length).length) length++
  return Buffer.from(`${length}${rest}`)
}

function headerBlock(path: string, size: number, type: string): Buffer {
  const header = Buffer.alloc(BLOCK)
  header.write(path, 0, LONGEST_NAME)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  // Above 8 GiB eleven octal digits are too few: then it is binary, as GNU writes it.
  if (size < 8 ** 11) {
    header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  } else {
    header.writeUInt8(0x80, 124)
    header.writeBigUInt64BE(BigInt(size), 128)
  }
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write(type, 156)
  header.write('ustar\0', 257)
  header.write('00', 263)
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148)
  return header
}
