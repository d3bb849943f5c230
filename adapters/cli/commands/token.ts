import type { ParseArgsConfig } from 'node:util'
import { type ApiKey, createApiKey } from '../../../src/index.ts'
import { helpOf } from '../help/parts.ts'
import { type KnownFlags, parseFlags, variable } from '../input/flags.ts'
import { durationOf, UsageError } from '../input/values.ts'
import type { Io } from '../main.ts'
import { changeKeys, readKeys } from '../server/keys-file.ts'

const FLAGS = {
  tokens: { type: 'string' },
  name: { type: 'string' },
  subject: { type: 'string' },
  group: { type: 'string', multiple: true },
  scope: { type: 'string', multiple: true },
  expires: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options']

const HINT = "try 'ocikit --help'"

/** The flags that it takes. */
export const flags: KnownFlags = FLAGS

/** What it does. */
export const actions: readonly string[] = ['create', 'list', 'revoke']

/** What `--help` prints. */
export const help: string = helpOf(
  'token create|list|revoke [flags]',
  'Keys for programs, in a file that running servers read again.',
  `Flags:
  --tokens FILE             the file of keys
  --name TEXT               create: what the key is for
  --subject NAME            create: whose it is, for the rules of a policy
  --group NAME              create: a group of that subject; repeatable
  --scope SCOPE             create: what it is limited to, as in 'repository:team/**:pull,push'; repeatable
  --expires TIME            create: when it ends; never, without it
  --json                    list: as JSON`,
  `Examples:
  ocikit token create --tokens keys.json --name ci --subject builder --scope 'repository:team/**:pull,push'
  ocikit token list --tokens keys.json
  ocikit token revoke --tokens keys.json ID`,
)

/** `ocikit token create|list|revoke`: keys for programs, in a file that running servers read again. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(args, FLAGS, { hint: HINT })
  const [action, ...rest] = positionals
  const path = values.tokens ?? variable(io.env, 'tokens')
  if (path === undefined) throw new UsageError('token needs a file of keys', 'add --tokens FILE')
  if (action === 'revoke') return revoke(path, rest, io)
  if (rest.length > 0) throw new UsageError(`token ${action} takes flags only`, HINT)
  if (action === 'create') return create(path, values, io)
  if (action === 'list') return list(path, values.json ?? false, io)
  throw new UsageError('token needs create, list or revoke', HINT)
}

type Values = ReturnType<typeof parseFlags<typeof FLAGS>>['values']

/** The key goes to stdout, alone: it cannot be had again. */
async function create(
  path: string,
  { name, subject, group, scope, expires }: Values,
  io: Io,
): Promise<number> {
  if (!name || !subject) throw new UsageError('token create needs --name and --subject', HINT)
  const made = await createApiKey({
    name,
    subject,
    ...(group && { groups: group }),
    ...(scope && { scopes: scope }),
    ...(expires !== undefined && { expires: Date.now() + durationOf('--expires', expires) }),
  }).catch((error: unknown) => {
    throw error instanceof TypeError ? new UsageError(`--scope: ${error.message}`) : error
  })
  await changeKeys(path, (keys) => [...keys, made.record])
  io.stdout.write(`${made.key}\n`)
  io.stderr.write(`key ${made.record.id} of ${subject}: it is not shown again\n`)
  return 0
}

async function list(path: string, json: boolean, io: Io): Promise<number> {
  for (const { hash: _, ...key } of await readKeys(path))
    io.stdout.write(`${json ? JSON.stringify(key) : lineOf(key)}\n`)
  return 0
}

function lineOf({ id, name, subject, scopes, expires }: Omit<ApiKey, 'hash'>): string {
  const end = expires === undefined ? 'never ends' : `ends ${new Date(expires).toISOString()}`
  return [
    id,
    JSON.stringify(name),
    JSON.stringify(subject),
    end,
    ...(scopes ?? ['everything of its subject']),
  ].join('  ')
}

async function revoke(path: string, ids: readonly string[], io: Io): Promise<number> {
  if (ids.length === 0)
    throw new UsageError('token revoke needs the id of a key', "'ocikit token list' shows them")
  await changeKeys(path, (keys) => {
    const unknown = ids.find((id) => !keys.some((key) => key.id === id))
    // Not shown if it is a key itself.
    if (unknown !== undefined)
      throw new UsageError(
        /^[0-9a-f]{1,16}$/.test(unknown) ? `there is no key ${unknown}` : 'there is no such key: give its id',
      )
    return keys.filter(({ id }) => !ids.includes(id))
  })
  io.stdout.write(`revoked ${ids.join(', ')}\n`)
  return 0
}
