import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A server of our own that is running. */
export interface OwnServer {
  readonly url: string
  stop(): Promise<void>
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LIMIT_MS = 60_000

/** Starts our own server on a free port, with empty memory. */
export async function startOwnServer(options: {
  readonly sparse: boolean
  readonly flags?: readonly string[]
}): Promise<OwnServer> {
  const flags = ['--memory', ...(options.sparse ? ['--sparse'] : []), '--port', '0', '--log', 'off']
  const args = ['adapters/cli/bin.ts', 'serve', ...flags, ...(options.flags ?? [])]
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const stop = async () => {
    child.kill()
    const hard = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await ended
    clearTimeout(hard)
  }
  try {
    return { url: await listening(child), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const timer = setTimeout(() => reject(new Error('our own server did not start in time')), LIMIT_MS)
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`our own server ended with ${code}: ${text}`)))
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const url = /listening (http:\/\/\S+)/.exec(text)?.[1]
      if (url === undefined) return
      clearTimeout(timer)
      resolve(url)
    })
  })
}
