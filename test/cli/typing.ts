import { spawn } from 'node:child_process'

/** What is waited for on a terminal, and what is typed then. */
export type Step = readonly [shown: RegExp, keys: string]

/**
 * Runs a command at a terminal, made by `script` of util-linux, and types at it as a person does: when what they wait for
 * is shown. Tells all that the terminal got.
 */
export async function typeAt(
  command: string,
  steps: readonly Step[],
  { env, cwd }: { env: Record<string, string>; cwd?: string },
): Promise<string> {
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { PATH: process.env['PATH'] ?? '', SHELL: '/bin/sh', TERM: 'dumb', ...env },
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  let text = ''
  let from = 0
  const rest = [...steps]
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    const next = rest[0]?.[0].exec(text.slice(from))
    if (!next) return
    from += next.index + next[0].length
    child.stdin.write(rest.shift()![1])
  })
  await new Promise((resolve) => child.once('close', resolve))
  if (rest.length > 0) throw new Error(`${rest[0]![0]} was not shown, but\n${text}`)
  return text
}
