/** Runs the suite of the client against a server: `program.ts URL`. Prints the outcomes as one line of JSON. */

import process from 'node:process'
import { outcomesOf } from '../report.ts'
import { clientSuite } from './suite.ts'

console.log(JSON.stringify(await outcomesOf((kit) => clientSuite(kit, process.argv[2]!))))
