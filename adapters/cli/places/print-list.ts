import type { Io } from '../main.ts'
import { printable } from './printable.ts'

/** Line by line as they come; as JSON all at once. */
export async function printList(
  list: AsyncIterable<string>,
  json: boolean | undefined,
  io: Io,
): Promise<void> {
  const all: string[] = []
  for await (const each of list) {
    if (json) all.push(each)
    else io.stdout.write(`${printable(each)}\n`)
  }
  if (json) io.stdout.write(`${JSON.stringify(all)}\n`)
}
