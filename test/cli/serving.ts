import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { main } from '../../adapters/cli/main.ts'
import { type Client, createClient } from '../../src/client/index.ts'

/** `ocikit serve` in this process. */
interface Served extends AsyncDisposable {
  readonly url: string
  /** What it has said so far. */
  stderr(): string
}

/** Serves what a configuration file says, on a free port, until it is disposed of. */
async function serveExpression(config: string, env: Record<string, string> = {}): Promise<Served> {
  const ending = new AbortController()
  let stderr = ''
  let ended: Promise<number> | undefined
  const url = await new Promise<string>((resolve, reject) => {
    ended = main({
      argv: ['node', 'ocikit', 'serve', '--port', '0', '--config', config],
      env,
      stdout: {
        write(text) {
          const [, found] = /^listening (\S+)/.exec(text) ?? []
          if (found !== undefined) resolve(found)
        },
      },
      stderr: {
        write(text) {
          stderr += text
        },
      },
      signal: ending.signal,
    })
    ended.then((code) => reject(new Error(`ended with ${code}: ${stderr}`)), reject)
  })
  return {
    url,
    stderr: () => stderr,
    async [Symbol.asyncDispose]() {
      ending.abort()
      const code = await ended
      if (code !== 0) throw new Error(`ended with ${code}: ${stderr}`)
    },
  }
}

/** Configuration files in a folder of their own, and servers of them. */
export interface Configurations {
  /** A path in the folder. */
  at(name: string): string
  /** Writes a file. @returns its path. */
  file(name: string, content: unknown): Promise<string>
  /** Runs `work` with a client of a server whose file has this registry. */
  withServed(
    registry: object,
    work: (client: Client, served: Served) => Promise<void>,
    options?: { env?: Record<string, string>; more?: object },
  ): Promise<void>
}

/** A folder for the tests of a file. */
export function configurations(): Configurations {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ocikit-expression-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  const file = async (name: string, content: unknown): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, JSON.stringify(content))
    return path
  }
  return {
    at: (name) => join(folder, name),
    file,
    async withServed(registry, work, { env, more } = {}) {
      const path = await file(`${crypto.randomUUID()}.json`, { registry, ...more })
      await using served = await serveExpression(path, env)
      await work(createClient(served.url), served)
    },
  }
}
