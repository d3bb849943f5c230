/** What the command says of itself. */

import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS, type Command } from '../../adapters/cli/commands.ts'
import { flagsInHelp } from '../../adapters/cli/completion/shape.ts'
import { OVERVIEW } from '../../adapters/cli/help/overview.ts'
import { ROOT } from '../docs/markdown.ts'
import { examplesIn } from './examples.ts'
import { run } from './run.ts'

test('help and version', async () => {
  for (const args of [
    ['--help'],
    ['-h'],
    ['help'],
    [],
    ['serve', '--help'],
    ['serve', '--bogus', '--help'],
  ]) {
    const { code, stdout, stderr } = await run(args)
    expect(stdout).toContain('ocikit serve [flags]')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  }
  for (const args of [['--version'], ['version'], ['serve', '--version']]) {
    expect(await run(args)).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/),
      stderr: '',
    })
  }
})

test.each([
  ['copyy', 'copy'],
  ['lgoin', 'login'],
  ['sreve', 'serve'],
  ['TAGS', 'tags'],
  ['rmm', 'rm'],
])('whoever writes %s is told of %s', async (typed, meant) => {
  const { code, stdout, stderr } = await run([typed])
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toBe(`ocikit: unknown command (did you mean '${meant}'? Else try 'ocikit --help')\n`)
})

test('what is like no command is not shown: it may be a password', async () => {
  for (const typed of [
    'pa55word',
    'x',
    'ann:pa55word@host',
    '__proto__',
    'constructor',
    'c'.repeat(100_000),
  ]) {
    const { code, stderr } = await run([typed])
    expect([code, stderr]).toEqual([2, "ocikit: unknown command (try 'ocikit --help')\n"])
  }
})

test('every file of a command is one, and the overview names it', () => {
  const files = readdirSync(`${ROOT}/adapters/cli/commands`).map((file) => file.replace(/\.ts$/, ''))
  expect(files.sort()).toEqual(Object.keys(COMMANDS).sort())
  const lines = OVERVIEW.matchAll(/^ {2}ocikit (\S+)/gm)
  const named = [...lines].flatMap(([, names]) => names!.split('|'))
  expect(named.sort()).toEqual([...files, 'help', 'version'].sort())
})

describe.each(Object.keys(COMMANDS))('ocikit %s', (name) => {
  let command: Command
  beforeAll(async () => {
    command = await COMMANDS[name]!()
  })

  test('tells how it is used, and ends with its exit codes', async () => {
    const { code, stdout, stderr } = await run([name, '--help'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(new RegExp(`^Usage: ocikit ${name}( |\\n)`))
    expect(stdout).toContain('Exit codes: 0 ')
    for (const action of command.actions ?? []) expect(stdout.split('\n')[0]).toContain(action)
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThan(200)
  })

  test('tells of the flags that it takes, and of no others', () => {
    const told = [...flagsInHelp(command.help).keys()].map((flag) => flag.replace(/^--(no-)?/, ''))
    expect(told.sort()).toEqual(Object.keys(command.flags).sort())
  })

  test('has examples that it understands', () => {
    const examples = examplesIn(command.help)
    expect(examples.length).toBeGreaterThan(0)
    const { flags: options, negatives: allowNegative = false } = command
    for (const { args } of examples) {
      expect(args[0]).toBe(name)
      // `-` is the standard input, also with a media type behind it.
      const rest = args.slice(1).map((arg) => arg.replace(/^-:.*$/, '-'))
      parseArgs({ args: rest, options, strict: true, allowPositionals: true, allowNegative })
    }
  })

  test('refuses a flag that it does not know with one line', async () => {
    const { code, stdout, stderr } = await run([name, '--nonsense=pa55word'])
    expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2])
    expect(stderr).toContain("Unknown option '--nonsense'")
    expect(stderr).not.toContain('pa55word')
  })
})
