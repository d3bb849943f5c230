/** The suites as an API route: it runs them inside Next, and answers what became of them. */

import type { ServerResponse } from 'node:http'
import { fs } from 'ocikit/storage/fs'
import { runSuites } from '../report.ts'

export default async function handler(_request: unknown, response: ServerResponse): Promise<void> {
  response.end(JSON.stringify(await runSuites(await fs(`${process.env['DATA']}/suites`))))
}
