import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LIMIT_MS = 10 * 60_000

/**
 * Runs a conformance program of the specification's authors against a server, in its strictest profile.
 * Its exit code does not tell all failures, its last line does.
 * @param user Who it logs in as (nobody).
 */
export async function runOfficial(
  program: string,
  url: string,
  user?: { readonly name: string; readonly password: string },
): Promise<{ passed: boolean; summary: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'ocikit-conformance-'))
  try {
    const output = await run(program, folder, {
      ...process.env,
      OCI_VERSION: 'dev',
      OCI_DATA_SPARSE: 'true',
      OCI_TLS: 'disabled',
      OCI_REGISTRY: new URL(url).host,
      OCI_RESULTS_DIR: folder,
      ...(user && { OCI_USERNAME: user.name, OCI_PASSWORD: user.password }),
    })
    const passed = output.includes('OCI Conformance Result: Pass')
    const counts = output
      .split('\n')
      .filter((line) => /^\s*(OCI Conformance Result|Disabled|Skip|Pass|FAIL|Error)\s*:/.test(line))
    return { passed, summary: counts.join('\n') || output.slice(-2_000) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function run(program: string, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const child = spawn(program, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS })
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk
      })
    }
    child.once('error', reject)
    child.once('close', () => resolve(output))
  })
}
