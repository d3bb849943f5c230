import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { fs } from '../../adapters/storage/fs/index.ts'
import { withFolder } from './folder.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const one of list) found.push(one)
  return found
}

test('places of any length and of any characters are listed, in the order of UTF-8', () =>
  withFolder(async (folder) => {
    const { contents, foreign, close } = await fs(folder)
    const names = ['x'.repeat(600), `${'x'.repeat(600)}y`, 'ä'.repeat(200), 'A', '.', '😀', '\uffee', 'b/ü/c']
    for (const name of names)
      await contents.write(`content/-/${name}`, bytes(name), { size: bytes(name).length })
    const order = names
      .map((name) => `content/-/${name}`)
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const listed = await all(contents.list!('content/-/'))
    expect(listed.map(({ place }) => place)).toEqual(order)
    for (const [i, after] of order.entries()) {
      const rest = await all(contents.list!('content/-/', { after }))
      expect(rest.map(({ place }) => place)).toEqual(order.slice(i + 1))
    }
    expect(await all(foreign!())).toEqual([])
    await close?.()
  }))

test('what is being written or built is partial', () =>
  withFolder(async (folder) => {
    const { contents, close } = await fs(folder)
    await contents.open('content/-/part')
    let release = (): void => {}
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(bytes('some'))
        await new Promise<void>((resolve) => {
          release = resolve
        })
        controller.close()
      },
    })
    const writing = contents.write('content/-/file', body, { size: 4 })
    await expect
      .poll(async () => (await all(contents.list!('content/'))).map(({ place, partial }) => [place, partial]))
      .toEqual([
        ['content/-/file', true],
        ['content/-/part', true],
      ])
    release()
    await writing
    expect((await all(contents.list!('content/')))[0]).toEqual({
      place: 'content/-/file',
      size: 4,
      partial: false,
    })
    await close?.()
  }))

test('files that are neither records nor contents are told, whatever they are', () =>
  withFolder(async (folder) => {
    const { records, contents, foreign, close } = await fs(folder)
    await records.put('a/b', bytes('x'))
    await records.put('long'.repeat(100), bytes('x'))
    await contents.write('t/x/content/y', bytes('x'), { size: 1 })
    await contents.write('content/y', bytes('x'), { size: 1 })
    const strays = [
      'top',
      'records/plain',
      'records/a/^+',
      'records/a/UPPER+',
      'content/.hidden',
      'content/+/%zz',
    ]
    for (const path of strays) await writeFile(`${folder}/${path}`, 'x')
    await mkdir(`${folder}/content/Folder`)
    await symlink(folder, `${folder}/content/link`)
    const found = await all(foreign!())
    expect(found.sort()).toEqual([...strays, 'content/Folder', 'content/link'].sort())
    expect((await all(contents.list!('content/'))).map(({ place }) => place)).toEqual(['content/y'])
    await close?.()
  }))
