import { type Auth, basic, ocikit, RegistryError, type Subject } from 'ocikit'
import { serve } from 'ocikit/node'
import { fs } from 'ocikit/storage/fs'

/** A member of your application, as its own tables have it. */
interface Member extends Subject {
  readonly teams: readonly string[]
  readonly suspended: boolean
}

/** Stands for your database. */
async function findMember(name: string, password: string): Promise<Member | null> {
  const right = name === 'ann' && password === process.env['PASSWORD']
  return right ? { name, teams: ['examples', 'web'], suspended: false } : null
}

const login = basic(async (name, password) => {
  const member = await findMember(name, password)
  // The code, the status and the text are what the client sees.
  if (member?.suspended)
    throw new RegistryError('MEMBER_SUSPENDED', 'your account is suspended', { status: 403 })
  return member
})

const auth: Auth = {
  ...login,
  /** A team is the first part of a repository's name. Others' repositories do not exist. */
  async authorize(access, { subject, action, requestId }) {
    const member = subject as Member | null
    if (member === null) return 'deny'
    if (access.type === 'registry') return 'allow'
    const allowed = member.teams.includes(access.name.split('/')[0]!)
    if (!allowed) console.warn(`${requestId} ${member.name}: no ${action.method} in ${access.name}`)
    return allowed ? 'allow' : 'hide'
  },
}

const kit = ocikit({ storage: await fs(process.env['DATA'] ?? './data'), auth })
const server = await serve(kit, { port: Number(process.env['PORT'] ?? 5000) })
const keepUp = async () => {
  await kit.sweep() // removes abandoned uploads
  await kit.collect() // frees what no manifest refers to
}
const upkeep = setInterval(() => keepUp().catch(console.error), 3_600_000)
console.log(`listening ${server.url}`)

process.once('SIGTERM', async () => {
  clearInterval(upkeep)
  await server.close()
  await kit.close()
})
