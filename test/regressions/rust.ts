import { at, type Entry, here, never, row, suite } from './defect.ts'

/** mbr/container-registry-rs. */
export const rust: readonly Entry[] = [
  [
    'B3.1',
    'anonymous access beside users panics for everybody who logs in',
    here('access', 'rust B3.1: anonymous rights beside users work on real endpoints, logged in or not'),
  ],
  [
    'B3.2',
    'authorisation in a box grants everything',
    here('access', 'rust B3.2: an authorisation behind another object keeps its rules'),
  ],
  [
    'B3.3',
    'names and tags are paths, decoded late',
    here(
      'names',
      'elixir A3.15: no name, reference or parameter leads out of the folder or reads from outside',
    ),
  ],
  [
    'B3.4a',
    'a digest is readable through every repository',
    here('access', 'rust B3.4: rights on one repository do not show content of another, by digest either'),
  ],
  [
    'B3.4b',
    'an upload id works in every repository',
    suite('upload-failures', 'uploads: the id of another repository'),
  ],
  [
    'B3.5a',
    'an end with a body is refused, so containerd cannot push',
    suite('uploads', 'uploads: the end may bring all bytes or the last ones'),
  ],
  [
    'B3.5b',
    'an end in chunked encoding is dropped',
    suite('uploads', 'uploads: the end as a stream of unknown length'),
  ],
  [
    'B3.6a',
    'only the ping has a challenge',
    here('access', 'rust B3.6: every 401 carries the challenge, whatever was asked for'),
  ],
  [
    'B3.6b',
    'an anonymous write is 403, so nobody logs in',
    here('access', 'rust B3.6: every 401 carries the challenge, whatever was asked for'),
  ],
  [
    'B3.7a',
    'an index is refused',
    here('answers', 'rust B3.7a: an index of an index of nothing has its own type'),
  ],
  [
    'B3.7b',
    'a manifest without mediaType is refused',
    suite('manifests', 'manifests: the type is that of the body, of the call, or of the fields'),
  ],
  [
    'B3.7c',
    'a refused push by digest is stored before',
    suite('manifests', 'manifests: a wrong digest is refused and not stored'),
  ],
  ['B3.8a', 'Range counts one request, and one byte too many', row('http-rows-more', 'PATCH {session3}')],
  [
    'B3.8b',
    'the order of chunks is not checked',
    suite('upload-failures', 'uploads: a chunk out of order tells how to go on'),
  ],
  [
    'B3.8c',
    'a repeated chunk is stored twice',
    suite('upload-failures', 'uploads: of two writers of one chunk exactly one wins'),
  ],
  [
    'B3.8d',
    'an upload has neither a status nor a cancel',
    suite('upload-failures', 'uploads: a cancelled one is gone'),
  ],
  [
    'B3.9a',
    'the end of an upload points at the upload',
    row('http-rows-more', 'POST /v2/a/b/blobs/uploads/?digest={hello}'),
  ],
  [
    'B3.9b',
    'a wrong digest is an internal error',
    suite('upload-failures', 'uploads: a wrong digest keeps the session'),
  ],
  ['B3.10a', 'no lists', suite('lists', 'tags: in bytewise order')],
  ['B3.10b', 'no referrers', suite('referrers', 'referrers: the push tells its subject')],
  ['B3.10c', 'no deletes', suite('deletes', 'deletes: a blob')],
  ['B3.10d', 'no mounts', suite('mounts', 'mounts: from a repository')],
  ['B3.10e', 'no single POST', row('http-rows-more', 'POST /v2/a/b/blobs/uploads/?digest={hello}')],
  ['B3.10f', 'no ranges', suite('contents', 'ranges: each gives its bytes and the size of the whole')],
  ['B3.10g', 'no version header', row('http-table.test', 'docker-distribution-api-version')],
  ['B3.10h', 'no sha512', suite('manifests', 'manifests: by sha512, with a tag')],
  [
    'B3.10i',
    'what a manifest refers to need not be there',
    suite('references', 'references: all that is missing, each once'),
  ],
  [
    'B3.10j',
    'no collection',
    at('engine/collect.test.ts', 'the blobs of a deleted manifest: a grace period later, and not before'),
  ],
  [
    'B3.10k',
    'no limits of blobs',
    here('answers', 'elixir A3.12b: longest manifest, chunk and blob are limits that hold'),
  ],
  [
    'B3.10l',
    'no tokens',
    at('auth/tokens/token.test.ts', 'pushes and pulls what it names, and nothing else'),
  ],
  [
    'B3.10m',
    'file systems only',
    never('storage is a contract with a suite; memory and files are two values of it'),
  ],
  ['B3.10n', 'symbolic links, so no Windows', never('tags are records; nothing links')],
  [
    'B3.10o',
    'no TLS, no metrics',
    at('watch/metrics.test.ts', 'requests, bytes, times, uploads and calls of the storage are counted'),
  ],
  [
    'B3.11a',
    'the right to write is not enough to push',
    never(
      'nobody is given that right here; a provider of your own that grants push alone denies the look-ups',
    ),
  ],
  [
    'B3.11b',
    'hooks hold up the answer',
    never('there are no hooks in the way of a request: work that outlives it is handed to context.defer'),
  ],
  [
    'B3.11c',
    'nothing is synced',
    never('every file is synced before it is renamed, and its folder after that'),
  ],
  [
    'B3.11d',
    'bytes may change between hashing and renaming',
    never('what is hashed is what passes, or what is sealed, and sealed bytes cannot be added to'),
  ],
]
