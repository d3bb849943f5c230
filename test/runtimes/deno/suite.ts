/** Runs the suites: `suite.ts fs|kv PATH`. */

import { reportSuites } from '../report.ts'
import { deno, openStorage } from './globals.ts'

const [kind, path = ''] = deno.args
await reportSuites(await openStorage(kind, path))
