/** Opens the folder that it is given and says so; then stays until it is killed, unless told to `leave`. */
import process from 'node:process'
import { fs } from '../../adapters/storage/fs/index.ts'

const [, , folder = '', then] = process.argv
await fs(folder).then(
  () => console.log('open'),
  (error: unknown) => console.log(error instanceof Error ? error.message : 'failed'),
)
if (then !== 'leave') process.stdin.resume()
