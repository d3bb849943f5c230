/** Runs the suites on a storage, named as for the command: `suite.ts DATA`. */

import { openStorage } from '../../../adapters/cli/server/storage.ts'
import { reportSuites } from '../report.ts'

await reportSuites(await openStorage(process.argv[2]!, process.env))
