/** Runs the storage suite on the file system driver. */

import { fs } from '../../../adapters/storage/fs/index.ts'
import { inFolder } from '../../storage/folder.ts'
import { report } from '../report.ts'

await report(() => inFolder(fs))
