/** The suite of the client as a Worker, against the server that `?registry=` names: see `answerTests`. */

import { expect } from '../workerd/expect.ts'
import { answerTests } from '../workerd/named-tests.ts'
import { clientSuite } from './suite.ts'

export default {
  async fetch(request: Request): Promise<Response> {
    const tests = new Map<string, () => Promise<void>>()
    const test = (name: string, run: () => Promise<void>) => tests.set(name, run)
    // Workers take a body that fails for one that ends, and workerd dies when one is waited for that is given up.
    clientSuite({ test, expect }, new URL(request.url).searchParams.get('registry')!, { streams: false })
    return answerTests(request, tests)
  },
}
