import { run } from '../clients/process.ts'

/** What is written otherwise on the page than it is run here. */
export type Substitutions = Readonly<Record<string, string>>

/**
 * Runs a block as one script in a folder. Every command has to succeed, and each line `#> text` has to occur in
 * what was printed, in this order.
 */
export async function runTranscript(
  script: string,
  folder: string,
  substitutions: Substitutions,
  env: Record<string, string> = {},
): Promise<void> {
  const text = substitute(script, substitutions)
  const begin = 'set -eu -o pipefail; cd "$1"; eval "$2"'
  const args = ['-c', begin, 'transcript', folder, text]
  const { status, stdout, stderr } = await run('bash', args, { env: { HOME: folder, ...env } })
  if (status !== 0) throw new Error(`exit status ${status}\n${text}\n${stdout}${stderr}`)
  let from = 0
  for (const [, expected] of text.matchAll(/^#> (.*)$/gm)) {
    const at = stdout.indexOf(expected!, from)
    if (at < 0) throw new Error(`it does not print ${expected}, but\n${stdout}${stderr}`)
    from = at + expected!.length
  }
}

function substitute(script: string, substitutions: Substitutions): string {
  let text = script
  for (const [written, here] of Object.entries(substitutions)) {
    if (!text.includes(written)) throw new Error(`there is no ${written} to replace`)
    text = text.replaceAll(written, here)
  }
  return text
}
