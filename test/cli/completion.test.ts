/** What shells complete: all that there is, and nothing else. */

import { mkdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CommandShape, shapes } from '../../adapters/cli/completion/shape.ts'
import { run as execute, type Folder, temporaryFolder } from '../clients/process.ts'
import { describeClient } from '../clients/tools.ts'
import { run } from './run.ts'
import { type Step, typeAt } from './typing.ts'

let folder: Folder
let commands: CommandShape[]

beforeAll(async () => {
  folder = await temporaryFolder()
  commands = await shapes()
  await mkdir(folder.at('layout'))
  await writeFile(folder.at('laid.json'), '{}')
  for (const shell of ['bash', 'zsh', 'fish'])
    await writeFile(folder.at(shell), (await run(['completion', shell])).stdout)
})
afterAll(() => folder.remove())

test('every command and each of its flags has a text', () => {
  expect(commands.filter(({ text }) => text === '').map(({ name }) => name)).toEqual([])
  const flags = commands.flatMap((command) => command.flags)
  expect(flags.filter(({ text }) => text === '').map(({ name }) => name)).toEqual([])
})

test.each([[[]], [['tcsh']], [['bash', 'zsh']]])('%j is wrong use', async (args) => {
  expect(await run(['completion', ...args])).toMatchObject({ code: 2, stdout: '' })
})

/** What is typed before the cursor, and what is offered. */
const CASES: [typed: string[], offered: string[]][] = [
  [['ser'], ['serve']],
  [
    ['token', ''],
    ['create', 'list', 'revoke'],
  ],
  [
    ['serve', '--log', ''],
    ['text', 'json', 'off'],
  ],
  [['serve', '--log', '=', 'j'], ['json']],
  [['serve', '--log-level', 'w'], ['warn']],
  [['serve', '--no-mem'], ['--no-memory']],
  [['inspect', '--platform', 'linux/arm6'], ['linux/arm64']],
  [['completion', 'z'], ['zsh']],
  [
    ['serve', '--policy', 'la'],
    ['laid.json', 'layout'],
  ],
  [['gc', '--data', 'la'], ['layout']],
  [
    ['config', 'check', 'la'],
    ['laid.json', 'layout'],
  ],
  [['tree', 'o'], ['oci:']],
  [
    ['tree', 'oci', ':', 'la'],
    ['laid.json', 'layout'],
  ],
  [['serve', '--host', ''], []],
]

describeClient('completion of bash', { commands: ['bash'] }, () => {
  /** Asks the function that bash asks. */
  const offered = async (typed: readonly string[][]): Promise<string[][]> => {
    const asks = typed.map((words) => {
      const list = ['ocikit', ...words].map((word) => `'${word}'`).join(' ')
      const word = words.at(-1)
      return `COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _ocikit ocikit '${word}' ''; echo "\${COMPREPLY[*]}"`
    })
    const script = `source ./bash; ${asks.join('; ')}`
    const { status, stdout, stderr } = await execute('bash', ['-c', script], { cwd: folder.path })
    expect([status, stderr]).toEqual([0, ''])
    return stdout.split('\n').map((line) => line.split(' ').filter(Boolean))
  }

  test('offers every command, and of each every flag', async () => {
    const names = [...commands.map(({ name }) => name), 'help', 'version']
    expect((await offered([['']]))[0]).toEqual(names)
    const told = await offered(commands.map(({ name }) => [name, '-']))
    for (const [i, { name, flags }] of commands.entries())
      expect(told[i], name).toEqual(flags.map((flag) => flag.name))
  })

  test('offers what a word may go on with', async () => {
    const told = await offered(CASES.map(([typed]) => typed))
    for (const [i, [typed, expected]] of CASES.entries())
      expect(told[i]!.sort(), typed.join(' ')).toEqual(expected.sort())
  })
})

/** Prints what it was called with. */
const STUB = 'ocikit() { echo "called: $*."; }'

/** Types a call of `token create` and one of `tree`, with a tab wherever one is of use. */
async function completed(command: string, env: Record<string, string>): Promise<string> {
  const steps: Step[] = [
    [/ready> /, 'ocikit tok\t'],
    [/ocikit token +/, 'cre\t'],
    [/create +/, '--na\t'],
    [/--name[= ]?/, '\r'],
    [/called: (.*)\.\s[\s\S]*ready> /, 'ocikit tree oci:lay\t'],
    [/layout/, '\r'],
    [/called: (.*)\.\s[\s\S]*ready> /, 'exit\r'],
  ]
  return typeAt(command, steps, { env: { HOME: folder.path, ...env }, cwd: folder.path })
}

describe('typed at a terminal,', () => {
  describeClient('bash', { commands: ['bash', 'script'] }, () => {
    test('completes commands, actions, flags and paths', async () => {
      await writeFile(folder.at('start'), `PS1='ready> '\nsource ./bash\n${STUB}\n`)
      const said = await completed('bash --noprofile --rcfile ./start -i', {})
      expect(said).toContain('called: token create --name.')
      expect(said).toMatch(/called: tree oci:layout\/?\./)
    })
  })

  describeClient('zsh', { commands: ['zsh', 'script'] }, () => {
    test('completes commands, actions, flags and paths', async () => {
      const start = `PS1='ready> '\nautoload -Uz compinit && compinit -u -d ./dump\nsource ./zsh\n${STUB}\n`
      await writeFile(folder.at('.zshrc'), start)
      const said = await completed('zsh -i', { ZDOTDIR: folder.path })
      expect(said).toMatch(/called: token create --name=?\./)
      expect(said).toMatch(/called: tree oci:layout\/?\./)
    })
  })
})

describeClient('completion of fish', { commands: ['fish'] }, () => {
  test('offers commands, actions, flags, values and paths', async () => {
    const lines = [
      'ser',
      'token ',
      'serve --log ',
      'serve --no-mem',
      'gc --data la',
      'config check --',
      'tree oci:la',
    ]
    const asks = lines.map((line) => `complete -C 'ocikit ${line}' | string split -f1 \\t | string join ' '`)
    const script = `source ./fish; ${asks.join('; ')}`
    const { stdout, stderr } = await execute('fish', ['-c', script], {
      cwd: folder.path,
      env: { HOME: folder.path },
    })
    expect(stderr).toBe('')
    const told = stdout.trimEnd().split('\n')
    expect(told.slice(0, 6)).toEqual([
      'serve',
      'create list revoke',
      'json off text',
      '--no-memory',
      'layout/',
      '--help --json',
    ])
    expect(told[6]).toContain('oci:layout/')
  })
})
