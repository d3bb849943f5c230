/**
 * An executable port of the official conformance suite in its strictest profile, and rows for what that suite
 * leaves out. It speaks HTTP only: any registry can be a target.
 */

import { rows as basics } from './rows/basics.ts'
import { rows as blobBad } from './rows/blob-bad.ts'
import { rows as blobChunks } from './rows/blob-chunks.ts'
import { rows as blobPush } from './rows/blob-push.ts'
import { rows as blobRange } from './rows/blob-range.ts'
import { rows as catalog } from './rows/catalog.ts'
import { rows as conditional } from './rows/conditional.ts'
import { rows as dataSets } from './rows/data-sets.ts'
import { rows as deletes } from './rows/deletes.ts'
import { rows as isolation } from './rows/isolation.ts'
import { rows as manifestTypes } from './rows/manifest-types.ts'
import { rows as manifests } from './rows/manifests.ts'
import { rows as mount } from './rows/mount.ts'
import { rows as names } from './rows/names.ts'
import { rows as references } from './rows/references.ts'
import { rows as referrers } from './rows/referrers.ts'
import { rows as sessionErrors } from './rows/session-errors.ts'
import { rows as sessions } from './rows/sessions.ts'
import { rows as tags } from './rows/tags.ts'
import type { Row } from './target.ts'

/** All rows, in the order in which they are best run. */
export const allRows: readonly Row[] = [
  ...basics,
  ...blobPush,
  ...blobChunks,
  ...blobRange,
  ...blobBad,
  ...mount,
  ...sessions,
  ...sessionErrors,
  ...dataSets,
  ...manifests,
  ...manifestTypes,
  ...references,
  ...tags,
  ...referrers,
  ...deletes,
  ...isolation,
  ...conditional,
  ...catalog,
  ...names,
]
