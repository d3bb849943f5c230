import type { Skip } from '../../src/testing/index.ts'

const because = (reason: string, ...tests: readonly string[]): Skip[] =>
  tests.map((test) => ({ test, reason }))

/** What every version does otherwise. */
export const OF_DISTRIBUTION: readonly Skip[] = [
  ...because(
    'content is kept under its sha256 only',
    'blobs: by sha512',
    'mounts: by sha512',
    'manifests: by sha512, with a tag',
    'deletes: a blob under one name stays under another',
    'references: a missing blob by sha512',
  ),
  ...because(
    'an id is good until the next chunk: its Location holds the state of the session',
    'uploads: the first id stays usable',
    'uploads: the end as a stream of unknown length',
    'uploads: a chunk of another length is not kept',
    'uploads: a wrong digest keeps the session',
    'uploads: a wrong digest with the last bytes keeps what was there',
    'uploads: after a body that failed the client can go on',
    'uploads: sha512 announced, sha256 in the end',
    'uploads: a chunk of no bytes changes nothing',
  ),
  ...because(
    'a session that was finished is gone',
    'uploads: a finished one may be finished again',
    'calls: the body of a finish that is repeated is cancelled or read',
  ),
  ...because(
    'writers of one session are not told apart',
    'uploads: of two writers of one chunk exactly one wins',
  ),
  ...because(
    'it has other codes for a digest that it does not know, and fails with 500',
    'blobs: what was not pushed is not there',
    'manifests: what was not pushed is not there',
    'manifests: nonsense is refused and not stored',
    'manifests: a wrong digest is refused and not stored',
    'deletes: a blob that is not there',
    'references: a digest of an unknown algorithm is missing',
  ),
  ...because(
    'what is missing is told in another form',
    'references: a missing config',
    'references: a missing layer',
    'references: all that is missing, each once',
    'references: a missing child of an index',
    'references: what another repository has is missing here',
  ),
  ...because(
    'a repository without tags is unknown',
    'tags: of a repository with only untagged manifests there are none',
  ),
]

/** What version 2 alone does otherwise. */
export const OF_VERSION_2: readonly Skip[] = [
  ...because(
    'an id is good until the next chunk: its Location holds the state of the session',
    'uploads: a chunk out of order tells how to go on',
    'uploads: a chunk of another length at an offset is not kept either',
    'uploads: a first chunk that does not begin at 0',
    'uploads: the id of another repository',
  ),
  ...because('a session that was finished is gone', 'calls: a body that is refused is cancelled'),
  ...because(
    'tags cannot be deleted',
    'deletes: a tag leaves its manifest and its other tags',
    'deletes: a tag that is not there',
    'referrers: a deleted one is gone, one without its tag is not',
  ),
  ...because(
    'its catalog has repositories with blobs only, and another order',
    'repositories: those that manifests were pushed to, in bytewise order',
    'repositories: after and limit are bounds',
  ),
]

/** What version 3 alone does otherwise. */
export const OF_VERSION_3: readonly Skip[] = [
  ...because(
    'it has other codes for a digest that it does not know, and fails with 500',
    'manifests: are no blobs',
  ),
  ...because(
    'hosts of foreign layers must be allowed in its configuration',
    'references: a layer with urls need not be there',
  ),
]
