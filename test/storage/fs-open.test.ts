import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { fs, StorageOpenError } from '../../adapters/storage/fs/index.ts'
import { withFolder } from './folder.ts'

const OPENER = fileURLToPath(new URL('./fs-opener.ts', import.meta.url))

/** Starts a process that opens the folder and keeps it; `line` is `open`, or why it could not. */
async function openElsewhere(folder: string) {
  const child = spawn(process.execPath, [OPENER, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }
  return { line: line.toString().trim(), kill }
}

async function refusal(folder: string): Promise<string> {
  const error = await fs(folder).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(StorageOpenError)
  const { message } = error as StorageOpenError
  expect(message).not.toContain('\n')
  expect(message).toContain(folder)
  return message
}

test('a second owner in the same process is refused until the first lets go', () =>
  withFolder(async (folder) => {
    const first = await fs(folder)
    expect(await refusal(folder)).toContain('in use')
    await first.close?.()
    await first.close?.()
    const second = await fs(folder)
    await second.close?.()
    expect(await readdir(`${folder}/lock`)).toEqual([])
  }))

test('another process is refused, and a killed one leaves nothing in the way', () =>
  withFolder(async (folder) => {
    const other = await openElsewhere(folder)
    expect(other.line).toBe('open')
    expect(await refusal(folder)).toContain('in use')
    await other.kill('SIGKILL')
    expect((await readdir(`${folder}/lock`)).length).toBe(1)
    const storage = await fs(folder)
    expect((await readdir(`${folder}/lock`)).length).toBe(1)
    const late = await openElsewhere(folder)
    expect(late.line).toContain('in use')
    await late.kill('SIGKILL')
    await storage.close?.()
  }))

test('a stopped process still owns its folder', () =>
  withFolder(async (folder) => {
    const other = await openElsewhere(folder)
    const stopped = other.kill('SIGSTOP').catch(() => {})
    expect(await refusal(folder)).toContain('in use')
    await other.kill('SIGKILL')
    await stopped
  }))

test('of many that start at once at most one gets the folder', () =>
  withFolder(async (folder) => {
    for (let round = 0; round < 5; round++) {
      const opened = await Promise.allSettled(Array.from({ length: 6 }, () => fs(folder)))
      const owners = opened.filter((result) => result.status === 'fulfilled')
      expect(owners.length).toBeLessThanOrEqual(1)
      for (const { value } of owners) await value.close?.()
    }
    const storage = await fs(folder)
    await storage.close?.()
  }))

test.runIf(process.platform === 'linux')('a path that is too long for a socket', () =>
  withFolder(async (outer) => {
    const folder = `${outer}/${'long/'.repeat(40)}data`
    const storage = await fs(folder)
    expect(await refusal(folder)).toContain('in use')
    await storage.close?.()
    expect(await readdir(`${folder}/lock`)).toEqual([])
    await (await fs(folder)).close?.()
  }),
)

test('the root says which format it has', () =>
  withFolder(async (folder) => {
    const storage = await fs(folder)
    await storage.close?.()
    expect(JSON.parse(await readFile(`${folder}/ocikit.json`, 'utf8'))).toEqual({ format: 1 })
  }))

test('an unknown format is refused, and nothing is touched', () =>
  withFolder(async (folder) => {
    await mkdir(`${folder}/tmp`)
    await writeFile(`${folder}/tmp/theirs`, 'x')
    for (const text of ['{"format":2}', '{}', 'null', 'no json', '']) {
      await writeFile(`${folder}/ocikit.json`, text)
      expect(await refusal(folder)).toContain('format')
      expect(await readFile(`${folder}/ocikit.json`, 'utf8')).toBe(text)
    }
    expect((await readdir(folder)).sort()).toEqual(['ocikit.json', 'tmp'])
    expect(await readdir(`${folder}/tmp`)).toEqual(['theirs'])
  }))

test('a folder of somebody else is refused, and nothing is touched', () =>
  withFolder(async (folder) => {
    await writeFile(`${folder}/thesis.doc`, 'x')
    expect(await refusal(folder)).toContain('thesis.doc')
    expect(await readdir(folder)).toEqual(['thesis.doc'])
  }))

test('the top of a fresh disk is as good as an empty folder', () =>
  withFolder(async (folder) => {
    await mkdir(`${folder}/lost+found`)
    const storage = await fs(folder)
    await storage.close?.()
  }))

test('a file in the place of the folder', () =>
  withFolder(async (folder) => {
    await writeFile(`${folder}/file`, 'x')
    expect(await refusal(`${folder}/file`)).toContain('not a folder')
    expect(await refusal(`${folder}/file/below`)).toContain('not a folder')
  }))

test.runIf(process.platform === 'linux')('a place where no folder can be made', async () => {
  expect(await refusal('/proc/ocikit/data')).toContain('cannot be opened')
})

test('missing parents are made', () =>
  withFolder(async (folder) => {
    await (await fs(`${folder}/a/b/c`)).close?.()
    await (await fs(`${folder}/a/b/c`)).close?.()
  }))

test.skipIf(process.getuid?.() === 0)('a folder without the right to write (does not hold for root)', () =>
  withFolder(async (folder) => {
    await mkdir(`${folder}/data`)
    await chmod(`${folder}/data`, 0o500)
    expect(await refusal(`${folder}/data`)).toContain('writ')
    await chmod(`${folder}/data`, 0o700)
  }),
)

test('an open folder does not keep a process alive', () =>
  withFolder(async (folder) => {
    const child = spawn(process.execPath, [OPENER, folder, 'leave'], { stdio: 'ignore' })
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    await (await fs(folder)).close?.()
  }))

test('Windows is refused in one line', () =>
  withFolder(async (folder) => {
    const { platform } = process
    Object.defineProperty(process, 'platform', { value: 'win32' })
    try {
      await expect(fs(folder)).rejects.toThrow(/^the file system storage does not support Windows: use WSL/)
    } finally {
      Object.defineProperty(process, 'platform', { value: platform })
    }
  }))
