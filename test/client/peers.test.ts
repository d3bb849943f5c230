/** The contract of registries, spoken by the client to registries of others. What they do otherwise is named. */

import { mkdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { registrySuite } from '../../src/testing/registry-suite.ts'
import { PEERS } from '../bench/peers.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { OF_DISTRIBUTION, OF_VERSION_2, OF_VERSION_3 } from './peer-skips.ts'
import { CLIENT } from './skips.ts'

for (const [name, own] of [
  ['docker-registry', OF_VERSION_2],
  ['distribution', OF_VERSION_3],
] as const) {
  const found = await PEERS[name]!(false).then(
    (peer) => ({ peer }),
    (error: Error) => ({ reason: error.message }),
  )
  if ('reason' in found) {
    console.warn(`skipped: the client against ${name}, ${found.reason}`)
    describe.skip(`${name} (${found.reason})`, () => {})
    continue
  }
  describe(`${name} ${found.peer.version}`, () => {
    let folder: Folder
    let server: Awaited<ReturnType<typeof found.peer.start>>
    beforeAll(async () => {
      folder = await temporaryFolder()
      await mkdir(folder.at('data'))
      server = await found.peer.start(folder.at('data'))
    })
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]()
      await folder?.remove()
    })
    const make = async () => ({ registry: createClient(server.url, { retry: { firstDelay: 1 } }) })
    registrySuite({ test, expect }, make, { skip: [...CLIENT, ...OF_DISTRIBUTION, ...own] })
  })
}
