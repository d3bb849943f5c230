import type { Kind } from './kind.ts'
import { cache } from './kinds/cache.ts'
import { checkAccess } from './kinds/check-access.ts'
import { client } from './kinds/client.ts'
import { debug } from './kinds/debug.ts'
import { distribution } from './kinds/distribution.ts'
import { fs } from './kinds/fs.ts'
import { immutable } from './kinds/immutable.ts'
import { kv } from './kinds/kv.ts'
import { layout } from './kinds/layout.ts'
import { memory } from './kinds/memory.ts'
import { readOnly } from './kinds/read-only.ts'
import { route } from './kinds/route.ts'
import { s3 } from './kinds/s3.ts'
import { select } from './kinds/select.ts'
import { sub } from './kinds/sub.ts'
import { unify } from './kinds/unify.ts'

/** Every kind of registry that a configuration file can name. `config.schema.json` describes the same. */
export const KINDS: Readonly<Record<string, Kind>> = {
  memory,
  fs,
  s3,
  kv,
  client,
  cache,
  layout,
  distribution,
  select,
  readOnly,
  immutable,
  checkAccess,
  unify,
  debug,
  sub,
  route,
}
