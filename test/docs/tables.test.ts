/** The page's tables are what the sources say. */

import { expect, test } from 'vitest'
import { COMMANDS } from '../../adapters/cli/commands.ts'
import { help as serveHelp } from '../../adapters/cli/help/serve.ts'
import { variable } from '../../adapters/cli/input/flags.ts'
import { readOptions } from '../../adapters/cli/server/options.ts'
import { read, tableOf } from './markdown.ts'

const FLAGS = tableOf('| flag | variable | default | |')
const OPTIONS = tableOf('| option | default | |')

test('the flags are those of the command, with their defaults', () => {
  const help = serveHelp.slice(serveHelp.indexOf('\n  --host'), serveHelp.indexOf('\n\nTimes'))
  // A flag, and all lines of its text.
  const flags = help.split(/\n {2}(?=--)/).filter(Boolean)
  const told = flags.map((entry) => {
    const [, flag, text] = /^(\S+(?: \S+)?) {2,}(.*)$/s.exec(entry)!
    return { flag, default: /\((none|no limit|[^\s()]*)\)/.exec(text!)?.[1] ?? '' }
  })
  expect(FLAGS.map(([flag, , value]) => ({ flag, default: value }))).toEqual(told)
})

test('the flags are those that are parsed', () => {
  const source = read('adapters/cli/input/flags.ts')
  const list = /const FLAGS = \{\n(.*?)\n\} as const/s.exec(source)![1]!
  const parsed = [...list.matchAll(/^ {2}'?([\w-]+)'?:/gm)].map(([, name]) => name)
  const named = FLAGS.map(([flag]) => flag!.split(' ')[0]!.replace(/^--(no-)?/, ''))
  expect(named).toEqual(parsed)
})

test('the variables are read', () => {
  for (const [flag, name] of FLAGS) {
    const bare = flag!.split(' ')[0]!.slice(2)
    expect(variable({ [name!]: 'x' }, bare), name).toBe('x')
  }
  expect(readOptions([], { OCIKIT_NO_DELETE: '1' }).delete).toBe(false)
})

test('each variable is known to fromEnv, or is named as one that is not', () => {
  const shown = tableOf('| variables | need |').flatMap(([names]) =>
    names!.split(', ').map((name) => name.replace(/^OCIKIT_/, '')),
  )
  const source = read('src/env/from-env.ts') + read('src/env/features.ts')
  const known = new Set(
    [...source.matchAll(/'([a-z]+(?:-[a-z]+)*)'/g)].map(([, option]) =>
      option!.toUpperCase().replaceAll('-', '_'),
    ),
  )
  for (const name of shown) expect(known, name).toContain(name)
  const own =
    'HOST PORT DATA MEMORY HTPASSWD TOKENS TOKEN_SERVICE POLICY TLS_CERT TLS_KEY GC_INTERVAL MIN_FREE MONITOR_PORT LOG LOG_LEVEL CONFIG'
  const all = FLAGS.map(([, name]) => name!.replace(/^OCIKIT_/, ''))
  expect([...shown, ...own.split(' ')].sort()).toEqual([...all, 'DELETE', 'WEBHOOK_SECRET'].sort())
})

test('the defaults are those that are used', () => {
  const value = (flag: string) => FLAGS.find(([name]) => name!.startsWith(`--${flag} `))?.[2]
  const { host, port, data, log } = readOptions([], {})
  expect([value('host'), value('port'), value('data'), value('log')]).toEqual([host, String(port), data, log])
})

test('the options are those of the interfaces, with their defaults', () => {
  const server = membersOf('src/server/options.ts', 'ServerOptions')
  const store = membersOf('src/ocikit.ts', 'StoreOptions')
  const events = membersOf('src/told.ts', 'ToldOptions')
  const told = [...server, ...store, ...events].map(({ name, optional, text }) => ({
    name,
    default: defaultOf(text) ?? (name === 'auth' && !optional ? 'required' : ''),
  }))
  const shown = OPTIONS.map(([name, value]) => ({ name, default: value }))
  const byName = (a: { name?: string | undefined }, b: { name?: string | undefined }) =>
    a.name! < b.name! ? -1 : 1
  expect(shown.sort(byName)).toEqual(told.sort(byName))
})

test.each([
  [
    '| option of `serve()` | default | |',
    ['src/listening.ts', 'ListenOptions'],
    ['adapters/node/serve.ts', 'ServeOptions'],
  ],
  ['| option of `s3()` | default | |', ['adapters/storage/s3/options.ts', 'S3Options']],
  ['| option of the client | default | |', ['src/client/options.ts', 'ClientOptions']],
])('%s has all options', (heading, ...interfaces) => {
  const known = interfaces.flatMap(([path, name]) => membersOf(path!, name!).map(({ name }) => name))
  const shown = tableOf(heading).flatMap(([names]) => names!.split(', '))
  expect(shown.sort()).toEqual(known.sort())
})

test('the table has all other commands with all their flags', async () => {
  const named = async (command: string) => {
    const { help } = (await import(`../../adapters/cli/commands/${command}.ts`)) as { help: string }
    return [...help.matchAll(/^ {2}(--[\w-]+)/gm)].map(([, flag]) => flag).join(' ')
  }
  const rows = tableOf('| command | flags | |')
  const commands = rows.map(([command]) => command!.replace('ocikit ', ''))
  expect(['serve', ...commands].sort()).toEqual(Object.keys(COMMANDS).sort())
  for (const [command, flags] of rows)
    expect(flags, command).toBe(await named(command!.replace('ocikit ', '')))
})

interface Member {
  readonly name: string
  readonly optional: boolean
  /** Its comment, on one line. */
  readonly text: string
}

function membersOf(path: string, name: string): Member[] {
  const body = new RegExp(
    `^export interface ${name}(?:<[^{]*>)?(?: extends [^{]*)? \\{\\n(.*?)^\\}`,
    'ms',
  ).exec(read(path))![1]!
  const members = body.matchAll(/(?:^ {2}\/\*\*(.*?)\*\/\n)?^ {2}(?:readonly )?(\w+)(\??):/gms)
  return [...members].map(([, comment = '', member, mark]) => ({
    name: member!,
    optional: mark === '?',
    text: comment.replaceAll(/\n\s*\*/g, ' ').trim(),
  }))
}

/** What stands in parentheses at the end of a sentence. */
function defaultOf(text: string): string | undefined {
  return [...text.matchAll(/\(([^()]*)\)\.(?= |$)/g)].at(-1)?.[1]?.replaceAll('`', '')
}
