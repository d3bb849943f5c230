import { randomBytes } from 'node:crypto'
import { apiKeys, firstOf, keyStore, ocikit, policy, throttle, users } from 'ocikit'
import { tokenService } from 'ocikit/auth/tokens'
import { serve } from 'ocikit/node'
import { fs } from 'ocikit/storage/fs'

const password = process.env['PASSWORD'] ?? randomBytes(12).toString('base64url')
if (!process.env['PASSWORD']) console.log(`the password of ann is ${password}`)

const storage = await fs(process.env['DATA'] ?? './data')
const people = throttle(users([{ name: 'ann', password }]))
/** Keys for programs: `await keys.create({ name, subject, scopes })` in an administrator's route of yours. */
const keys = keyStore(storage.records)

const auth = tokenService({
  login: firstOf(people, apiKeys(keys.find)),
  authorize: policy({
    rules: [
      { who: 'user:ann', allow: 'all' },
      { who: 'everyone', repositories: 'public/**', allow: 'read' },
    ],
  }),
  // Keys that sign and logins that last lie beside the images, for all replicas.
  records: storage.records,
})

const kit = ocikit({ storage, auth })
const server = await serve(kit, { port: Number(process.env['PORT'] ?? 5000) })
const keepUp = async () => {
  await kit.sweep() // removes abandoned uploads, and logins that have ended
  await kit.collect() // frees what no manifest refers to
}
const upkeep = setInterval(() => keepUp().catch(console.error), 3_600_000)
console.log(`listening ${server.url}`)

process.once('SIGTERM', async () => {
  clearInterval(upkeep)
  await server.close()
  await kit.close()
})
