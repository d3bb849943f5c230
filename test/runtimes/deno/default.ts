/** A registry as a default export, which Deno serves by itself. */

import { memory, ocikit, open } from '../../../src/index.ts'

export default ocikit({ storage: memory(), auth: open() })
