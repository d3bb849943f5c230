import { at, type Entry, here, never, row, suite } from './defect.ts'

const OUTSIDE = 'elixir A3.15: no name, reference or parameter leads out of the folder or reads from outside'

/** massdriver-cloud/oci. */
export const elixir: readonly Entry[] = [
  [
    'A3.1',
    'chunks are joined in the order in which a folder lists them',
    suite('uploads', 'uploads: twelve chunks stay in order'),
  ],
  [
    'A3.2',
    'a chunk without Content-Range is refused, so docker and podman cannot push',
    suite('uploads', 'uploads: chunks that do not'),
  ],
  [
    'A3.3a',
    'Docker images and lists crash it',
    suite('manifests', 'manifests: Docker images and lists stay what they are'),
  ],
  [
    'A3.3b',
    'a manifest typed as JSON, text or not at all crashes it',
    here('answers', 'elixir A3.3: a manifest with a type that says nothing is taken by what it is'),
  ],
  [
    'A3.4',
    'HEAD tells neither length, type nor digest',
    here('answers', 'elixir A3.4: HEAD says all that GET says'),
  ],
  [
    'A3.5',
    'an index is served as an image',
    suite('manifests', 'manifests: an index of images and of an index'),
  ],
  [
    'A3.6a',
    'a chunk of another type, or of none, crashes it',
    here('uploads', 'elixir A3.6: the type of a chunk, or its absence, does not matter'),
  ],
  [
    'A3.6b',
    'a last chunk in chunked encoding is ignored',
    at('limits/bodies.test.ts', 'chunked encoding works for every body'),
  ],
  [
    'A3.7a',
    'a manifest is stored under a digest that it does not have',
    suite('manifests', 'manifests: a wrong digest is refused and not stored'),
  ],
  [
    'A3.7b',
    'any JSON object is a manifest',
    suite('manifests', 'manifests: nonsense is refused and not stored'),
  ],
  [
    'A3.7c',
    'an array, or a subject that is a string, crashes it',
    suite('manifests', 'manifests: nonsense is refused and not stored'),
  ],
  ['A3.7d', 'any text is a tag', row('http-rows', 'PUT /v2/a/b/manifests/new?tag=-bad')],
  ['A3.8a', 'n=0 answers with a Link', row('http-rows-more', 'GET /v2/a/b/tags/list?n=0')],
  [
    'A3.8b',
    'n that is no number crashes it',
    here('answers', 'elixir A3.17: odd requests are errors of the client, in JSON'),
  ],
  [
    'A3.8c',
    'n=-1 is the last tag',
    here('answers', 'elixir A3.17: odd requests are errors of the client, in JSON'),
  ],
  ['A3.8d', 'last that names no tag ends the list', row('http-rows-more', 'GET /v2/a/b/tags/list?last=m')],
  [
    'A3.8e',
    'tags are in the order of their bytes, where the specification speaks of another',
    never('bytewise on purpose, as other servers do: it is total, and every page of it has a next one'),
  ],
  [
    'A3.8f',
    'a repository of blobs only crashes it',
    here('lists', 'elixir A3.8f: a repository that holds blobs only has no list of tags, and that is no 500'),
  ],
  [
    'A3.9a',
    'referrers of a malformed digest are an empty list',
    row('http-rows-more', 'GET /v2/a/b/referrers/sha256:bad'),
  ],
  [
    'A3.9b',
    'an absent artifact type is null',
    suite('referrers', 'referrers: an index without a type has none'),
  ],
  [
    'A3.9c',
    'a deleted referrer stays listed',
    suite('referrers', 'referrers: a deleted one is gone, one without its tag is not'),
  ],
  [
    'A3.9d',
    'of two referrers at once one is lost',
    suite('referrers', 'referrers: many at once are all kept'),
  ],
  ['A3.9e', 'referrers have no pages', suite('referrers', 'referrers: a cursor goes on behind its entry')],
  [
    'A3.9f',
    'referrers that clients kept under a tag are not merged in',
    here(
      'lists',
      'elixir A3.9f: what clients keep under a tag of referrers is among the referrers by itself',
    ),
  ],
  [
    'A3.10a',
    'a mount from an unknown repository is 404',
    suite('mounts', 'mounts: null when the source does not have it'),
  ],
  ['A3.10b', 'names with __ and -- are refused', at('spec/rows/names.ts', 'names/taken: ')],
  [
    'A3.11a',
    'tags of a deleted manifest stay listed',
    suite('deletes', 'deletes: a manifest takes all its tags with it'),
  ],
  [
    'A3.11b',
    'a tag cannot be deleted',
    suite('deletes', 'deletes: a tag leaves its manifest and its other tags'),
  ],
  [
    'A3.11c',
    'tags of nothing are never tidied',
    suite('deletes', 'deletes: a manifest takes all its tags with it'),
  ],
  [
    'A3.12a',
    'no ranges of blobs',
    suite('contents', 'ranges: each gives its bytes and the size of the whole'),
  ],
  [
    'A3.12b',
    'no 413',
    here('answers', 'elixir A3.12b: longest manifest, chunk and blob are limits that hold'),
  ],
  ['A3.12c', 'no sha512', suite('blobs', 'blobs: by sha512')],
  [
    'A3.12d',
    'no catalog',
    suite('lists', 'repositories: those that manifests were pushed to, in bytewise order'),
  ],
  [
    'A3.12e',
    'what an upload wrote stays after its end',
    here('uploads', 'elixir A3.12e: nothing is left of uploads, however they ended'),
  ],
  ['A3.12f', 'no Warning', here('answers', 'elixir A3.12f: warnings are told with every answer')],
  [
    'A3.12g',
    'no endpoint for tokens',
    at('auth/tokens/service.test.ts', 'by password, with the scope that was granted'),
  ],
  [
    'A3.12h',
    'no collection',
    at('engine/collect.test.ts', 'the blobs of a deleted manifest: a grace period later, and not before'),
  ],
  ['A3.12i', 'uploads never expire', here('uploads', 'serverless 2.1b: an upload expires')],
  [
    'A3.13a',
    'whole blobs lie in memory',
    here(
      'streaming',
      'serverless 2.3a: a body is not read faster than it is stored, with or without its length',
    ),
  ],
  [
    'A3.13b',
    'each chunk reads all earlier ones',
    here('blobs', 'elixir A3.13b: n chunks are n pieces: earlier bytes are not read again'),
  ],
  [
    'A3.14',
    'a mount reads from where the caller may not',
    here(
      'access',
      'elixir A3.14: a mount from where the caller may not read becomes an upload, and gives nothing away',
    ),
  ],
  ['A3.15a', 'cancelling the upload .. deletes the repository', here('names', OUTSIDE)],
  ['A3.15b', 'a mount copies a file from outside', here('names', OUTSIDE)],
  [
    'A3.16',
    'a blob is served as a manifest, and the other way round',
    suite('manifests', 'manifests: are no blobs'),
  ],
  [
    'A3.17',
    'odd input is an internal error',
    here('answers', 'elixir A3.17: odd requests are errors of the client, in JSON'),
  ],
]
