/** A registry that is no storage of its own: its upload ids are sealed with a key that nobody gave. */

import { serve } from '../../../adapters/cloudflare/index.ts'
import { createStore, memory, ocikit, open } from '../../../src/index.ts'

export default serve(ocikit({ registry: createStore({ storage: memory() }), auth: open() }))
