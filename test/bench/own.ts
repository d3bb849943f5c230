/**
 * Ocikit beside itself: with users and without, large and small, and as a mirror of itself.
 * @module
 */

import { fileURLToPath } from 'node:url'
import type { Group } from './group.ts'
import type { Row } from './row.ts'
import { FILE_ROWS, MIRROR_ROWS, SIZE_ROWS, USER_ROWS } from './rows/index.ts'
import { run } from './run.ts'
import type { Scale, Size } from './scale.ts'
import { type Server, startServer } from './server.ts'
import { LISTENING, lasting, type Subject, serveOcikit } from './subject.ts'

/** What is compared, and in which rows. */
export interface Own {
  readonly rows: readonly Row[]
  /** @param command Ocikit's. */
  find(command: string, scale: Scale): Group
}

/** Name and password of the one user there is. */
const USER = 'bench:a password of the measurement'
const BASIC = `Basic ${btoa(USER)}`

const FILL_LIMIT = 10 * 60_000

/** All comparisons by name. */
export const OWN: Readonly<Record<string, Own>> = {
  users: {
    rows: USER_ROWS,
    find(command) {
      const serving = (flags: readonly string[]) => (data: string) =>
        serveOcikit({ program: process.execPath, command, data, flags })
      return served([
        { name: 'anonymous', version: 'no users', start: serving([]) },
        {
          name: 'basic',
          version: '--user',
          start: async (data) => ({ ...(await serving(['--user', USER])(data)), authorization: BASIC }),
        },
        {
          name: 'bearer',
          version: '--user --token-service',
          start: async (data) => withToken(await serving(['--user', USER, '--token-service'])(data)),
        },
      ])
    },
  },
  mirrors: {
    rows: MIRROR_ROWS,
    find(command) {
      const serving = (data: string, ...flags: string[]) =>
        serveOcikit({ program: process.execPath, command, data, flags })
      const group: Group = served([
        { name: 'direct', version: 'the registry itself', start: (data) => serving(data) },
        {
          name: 'mirror',
          version: '--mirror',
          async start(data) {
            const direct = await group.subjects['direct']!()
            const { url } = await direct.start('')
            return { ...(await serving(data, '--mirror', `docker.io=${url}`)), upstream: url }
          },
        },
      ])
      return group
    },
  },
  sizes: {
    rows: SIZE_ROWS,
    find(_command, scale) {
      return served([sized('small', scale.small), sized('large', scale.big)])
    },
  },
  files: {
    rows: FILE_ROWS,
    find(command, { small, big }) {
      const filled = (name: string, { tags }: Size): Subject => ({
        name,
        version: `${tags.toLocaleString('en')} tags in a folder`,
        async start(data) {
          const script = fileURLToPath(new URL('servers/fill-tags.ts', import.meta.url))
          await run(process.execPath, [script, data, String(tags)], { timeout: FILL_LIMIT })
          return serveOcikit({ program: process.execPath, command, data })
        },
      })
      return served([filled('small', small), filled('large', big)])
    },
  },
}

/** A group whose servers run until its end; the others are compared with the first. */
function served(subjects: readonly Subject[]): Group {
  const running = new AsyncDisposableStack()
  const found = subjects.map((subject) => {
    const { name, version, start } = running.use(lasting(subject))
    return [name, async (): Promise<Subject> => ({ name, version, start })] as const
  })
  return {
    subjects: Object.fromEntries(found),
    against: subjects[0]!.name,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function sized(name: string, { repositories, tags }: Size): Subject {
  const script = fileURLToPath(new URL('servers/sized.ts', import.meta.url))
  return {
    name,
    version: `${repositories.toLocaleString('en')} repositories, ${tags.toLocaleString('en')} tags`,
    start: () =>
      startServer({
        command: process.execPath,
        args: [script, String(repositories), String(tags)],
        url: LISTENING,
      }),
  }
}

/** A server, with a token that it gave for the repository of the row. */
async function withToken(server: Server): Promise<Server> {
  const asked = new URLSearchParams({ scope: 'repository:bench/users:pull,push' })
  const ping = await fetch(`${server.url}/v2/`)
  const challenge = ping.headers.get('www-authenticate') ?? ''
  await ping.body?.cancel()
  const [, realm] = /realm="([^"]+)"/.exec(challenge) ?? []
  const [, service] = /service="([^"]+)"/.exec(challenge) ?? []
  if (realm === undefined || service === undefined) throw new Error(`no realm and service in ${challenge}`)
  asked.set('service', service)
  const answer = await fetch(`${realm}?${asked}`, { headers: { authorization: BASIC } })
  const { token } = (await answer.json()) as { token: string }
  return { ...server, authorization: `Bearer ${token}` }
}
