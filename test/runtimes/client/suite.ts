/**
 * The contract of registries, spoken by the client to a server elsewhere, as a program of its own for a runtime in
 * which no test runner runs.
 * @module
 */

import { createClient } from '../../../src/client/index.ts'
import type { TestKit } from '../../../src/testing/index.ts'
import { registrySuite } from '../../../src/testing/registry-suite.ts'
import { CLIENT, SOCKET } from '../../client/skips.ts'

/** Registers the tests of the client against a server; without `streams` it sends what it has in small chunks. */
export function clientSuite(kit: TestKit, url: string, { streams = true } = {}): void {
  const options = streams ? {} : { streams, chunkSize: 50_000 }
  const registry = createClient(url, options)
  registrySuite(kit, async () => ({ registry }), { skip: [...CLIENT, SOCKET] })
}
