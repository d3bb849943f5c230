import { at, type Entry, here, never, row, suite } from './defect.ts'

const KILLED = 'after SIGKILL what was acknowledged is there, and no record is a part'

/** distribution/distribution. */
export const distribution: readonly Entry[] = [
  [
    '1',
    'what was tagged once is kept and listed for ever',
    suite('deletes', 'deletes: a manifest pushed again has only its new tags'),
  ],
  [
    '2',
    'the key of upload ids is random in each process, so that replicas cannot share an upload',
    here('uploads', 'distribution 2: any replica can take the next request, also one that has just started'),
  ],
  [
    '3',
    'folders are not synced after a rename',
    never('the folder of a renamed file is synced, and so is every new folder above it'),
  ],
  [
    '4',
    'a truncated blob is never repaired by a push',
    here(
      'blobs',
      'distribution 4: a blob that was truncated, emptied or lost counts as absent, and a push heals it',
    ),
  ],
  [
    '5',
    'a tag is two writes',
    at('limits/parallel.test.ts', 'whoever reads a tag while it moves gets one of its manifests, whole'),
  ],
  [
    '6a',
    'what is pushed during a collection is collected',
    at(
      'engine/collect-faults.test.ts',
      'several collectors at once, beside clients, every few minutes for days',
    ),
  ],
  [
    '6b',
    'a collection removes referrers',
    at('engine/collect.test.ts', 'a blob of a referrer, and of a referrer whose subject is gone'),
  ],
  [
    '6c',
    'a collection removes children of an index',
    at('engine/collect.test.ts', 'a blob of an untagged child of an index'),
  ],
  [
    '6d',
    'a collection holds all marks in memory',
    never('it holds candidates, and the manifests of one repository at a time'),
  ],
  ['6e', 'a cache says that a deleted blob is there', suite('deletes', 'deletes: a blob')],
  [
    '7a',
    'a slow client ruins what a proxy stores',
    at('cache/blobs.test.ts', 'a slow client slows nobody, ruins nothing, and goes on from what is stored'),
  ],
  [
    '7b',
    'bytes are passed on before their digest is known',
    at('cache/blobs.test.ts', 'bytes come before the whole is there, the last one when it is verified'),
  ],
  [
    '7c',
    'a range is ignored when the blob is not cached',
    at('cache/blobs.test.ts', 'a range of what is not kept is fetched as one'),
  ],
  [
    '7d',
    'HEAD of what is not cached downloads it',
    at('cache/blobs.test.ts', 'HEAD of what is not kept is a HEAD, and downloads nothing'),
  ],
  [
    '7e',
    'what is to expire is lost in a crash',
    at('cache/eviction.test.ts', 'another process knows what is kept and what was used, to the hour'),
  ],
  [
    '7f',
    'expiry counts from the first pull',
    at('cache/eviction.test.ts', 'when there is too much, what was not used for longest goes'),
  ],
  [
    '7g',
    'expiry in one repository removes the blob of all',
    suite('deletes', 'deletes: a blob stays in other repositories'),
  ],
  [
    '7h',
    'expiry races a pull',
    at('cache/eviction.test.ts', 'what goes while somebody reads it is read to its end'),
  ],
  ['8', 'no test of crashes', at('storage/fs-crash.test.ts', KILLED)],
  [
    '9',
    'the end of an upload copies it',
    here('uploads', 'serverless 2.3d: a finish reads no stored byte again when it knows the digest'),
  ],
]

/** zot. */
export const zot: readonly Entry[] = [
  [
    '1',
    'every push rewrites the index of its repository',
    never('a manifest, a tag and a referrer are a record each'),
  ],
  [
    '2',
    'an error while a file is closed is lost',
    at('storage/fs-full-disk.test.ts', 'a write that fails while the next batch fills ends the call'),
  ],
  [
    '3',
    'one lock for the whole store, also for HEAD',
    here('streaming', 'zot 3: an upload that stalls holds nobody else up'),
  ],
  ['4', 'manifests are written in place', at('storage/fs-crash.test.ts', KILLED)],
  [
    '5',
    'a damaged manifest is repaired only if its size differs',
    here('blobs', 'zot 5: a manifest that was damaged is whole after it is pushed again'),
  ],
  [
    '6',
    'the end of an upload reads the whole blob',
    here('uploads', 'serverless 2.3d: a finish reads no stored byte again when it knows the digest'),
  ],
  [
    '7a',
    'of those who wait for one fetch some are told that it went well when it failed',
    at('cache/tags.test.ts', 'all who wait for one manifest see the same failure'),
  ],
  [
    '7b',
    'requests for an image and for its referrers share one fetch',
    at('cache/tags.test.ts', 'an image and its referrers are asked for apart, and both are kept'),
  ],
  [
    '8',
    'what HEAD has shown may be collected before the manifest comes',
    at('engine/collect.test.ts', 'a blob that somebody asks for now and then'),
  ],
  [
    '9',
    'checking the store needs it stopped',
    at('engine/verify-races.test.ts', 'at any call of a check, and all is whole afterwards'),
  ],
  [
    '10',
    'an error of the disk ends the upload',
    at('crash/points.test.ts', 'an upload that dies at any call can be finished a minute later, on files'),
  ],
]

/** olareg. */
export const olareg: readonly Entry[] = [
  ['1', 'uploads do not survive a restart', here('uploads', 'olareg 1: an upload goes on after a restart')],
  [
    '2',
    'the state of an upload is not signed',
    at('spec/rows/session-errors.ts', 'ids with a changed character'),
  ],
  ['3', 'an empty upload has the range 0--1', row('http-rows-more', 'GET {session}')],
  ['4', 'nothing is synced', never('every file is synced before it is renamed, and its folder after that')],
  ['5a', 'of two referrers at once one is lost', suite('referrers', 'referrers: many at once are all kept')],
  [
    '5b',
    'an error while the list of referrers is read empties it',
    never('there is no list: each referrer is a record of its own'),
  ],
  [
    '6a',
    'a blob that is pushed again is as old as before',
    at('engine/collect.test.ts', 'bytes that a blob was pushed over, and those of a deleted blob'),
  ],
  [
    '6b',
    'repositories that nobody opened are never collected',
    at('cli/gc.test.ts', 'frees what was deleted, on a folder that no server holds; the rest still pulls'),
  ],
]

/** google/go-containerregistry. */
export const ggcr: readonly Entry[] = [
  [
    '1',
    'manifests are lost at the end',
    at(
      'storage/fs.test.ts',
      'what was stored is there when the folder is opened again, and nothing unfinished',
    ),
  ],
  [
    '2',
    'blobs are hashed whenever they are read',
    here('blobs', 'ggcr 2: reading and describing a blob hashes nothing and reads only what was asked for'),
  ],
  [
    '3',
    'a damaged blob is served',
    here(
      'blobs',
      'distribution 4: a blob that was truncated, emptied or lost counts as absent, and a push heals it',
    ),
  ],
]

/** Of several at once. */
export const common: readonly Entry[] = [
  [
    '1',
    'a blob that is anywhere is readable by mounting it',
    here(
      'access',
      'elixir A3.14: a mount from where the caller may not read becomes an upload, and gives nothing away',
    ),
  ],
  [
    '2',
    'a token that expires during a long upload ends it',
    at('auth/tokens/token.test.ts', 'an upload that it began goes on after its end, and nothing else does'),
  ],
]
