import { fileURLToPath } from 'node:url'
import { run } from '../run.ts'

/** Runs one of our clients in a process of its own, so that its work is nobody else's. */
export function runClient(name: string, args: readonly (string | number)[], stdin?: string): Promise<string> {
  const script = fileURLToPath(new URL(`../clients/${name}.ts`, import.meta.url))
  const options = { timeout: 5 * 60_000, ...(stdin === undefined ? {} : { stdin }) }
  return run(process.execPath, [script, ...args.map(String)], options)
}
