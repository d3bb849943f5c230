/** Runs the storage suite on the example of a driver, which imports the package by its name. */

import { sqlite } from '../../examples/custom-storage/sqlite.ts'
import { report } from '../runtimes/report.ts'
import { inFolder } from '../storage/folder.ts'

await report(() => inFolder(sqlite))
