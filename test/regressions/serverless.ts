import { at, type Entry, here, never, row, suite } from './defect.ts'

/** cloudflare/serverless-registry. */
export const serverless: readonly Entry[] = [
  [
    '2.1a',
    'of two chunks at once both are acknowledged and one is lost',
    suite('upload-failures', 'uploads: of two writers of one chunk exactly one wins'),
  ],
  ['2.1b', 'uploads live for ever', here('uploads', 'serverless 2.1b: an upload expires')],
  [
    '2.1c',
    'a Location without its query, or an unknown id, is an internal error',
    here('uploads', 'serverless 2.1c: a Location whose query was dropped is as good as the whole'),
  ],
  [
    '2.1d',
    'one key is rewritten by every request, more often than R2 permits',
    at(
      'runtimes/workerd/sessions.test.ts',
      'chunks of any size, the runtime restarted between them, are right',
    ),
  ],
  [
    '2.2a',
    'chunks of unequal sizes are refused',
    suite('uploads', 'uploads: a megabyte in chunks of odd sizes'),
  ],
  [
    '2.2b',
    'a copy of the tail of an upload is never deleted',
    at(
      'engine/cutting.test.ts',
      'tails that no state names are gone, and all the rest when a session is cancelled and swept',
    ),
  ],
  [
    '2.2c',
    'the check of the longest chunk is never true',
    here('answers', 'elixir A3.12b: longest manifest, chunk and blob are limits that hold'),
  ],
  [
    '2.2d',
    'the error of a split chunk is dropped, and bytes are lost',
    at('engine/cutting.test.ts', 'that break off count up to there, or not at all, and can be gone on with'),
  ],
  [
    '2.3a',
    'a body of unknown length lies whole in memory',
    here(
      'streaming',
      'serverless 2.3a: a body is not read faster than it is stored, with or without its length',
    ),
  ],
  [
    '2.3b',
    'an end in chunked encoding is an internal error',
    at('limits/bodies.test.ts', 'chunked encoding works for every body'),
  ],
  [
    '2.3c',
    'the last bytes are ignored when a chunk came before',
    suite('uploads', 'uploads: the end may bring all bytes or the last ones'),
  ],
  [
    '2.3d',
    'the end reads and writes all bytes again',
    here('uploads', 'serverless 2.3d: a finish reads no stored byte again when it knows the digest'),
  ],
  [
    '2.3e',
    'a wrong digest is an internal error and ends the upload',
    suite('upload-failures', 'uploads: a wrong digest keeps the session'),
  ],
  ['2.3f', 'a blob of no bytes is an internal error', suite('uploads', 'uploads: a blob of no bytes')],
  [
    '2.3g',
    'a chunk of one byte is refused',
    here('uploads', 'serverless 2.3g: a chunk of one byte is taken, and so is the next one'),
  ],
  ['2.3h', 'an empty upload has the range 0--1', row('http-rows-more', 'GET {session}')],
  [
    '2.3i',
    'a refused chunk shows the inside of the storage',
    here('uploads', 'serverless 2.3i: a refused chunk tells what is needed, and nothing of the inside'),
  ],
  ['2.3j', 'Content-Range with a unit and a total is refused', row('http-rows-more', 'bytes 3-5/11')],
  ['2.3k', 'Content-Range is not compared with the body', row('http-rows-more', 'SIZE_INVALID')],
  [
    '2.3l',
    'a failed end leaves its bytes for ever',
    here('uploads', 'elixir A3.12e: nothing is left of uploads, however they ended'),
  ],
  [
    '3.1a',
    'a push is not awaited, so that its blobs are collected',
    at(
      'engine/collect-rely.test.ts',
      'whoever uses a link relies on it within ten minutes, or uses it again',
    ),
  ],
  [
    '3.1b',
    'blobs that wait for their manifest are collected at any age',
    at('engine/collect.test.ts', 'everything, while it is as young as it says'),
  ],
  [
    '3.1c',
    'a slow push loses its protection after a minute',
    at('engine/collect-rely.test.ts', 'what cannot be promised in time has no effect'),
  ],
  [
    '3.1d',
    'more keys are deleted at once than the storage permits',
    never('nobody but a driver knows how many keys a request takes, and the driver cuts them'),
  ],
  [
    '3.1e',
    'everything is listed in one request',
    at('engine/collect-runs.test.ts', 'one deleted image costs as much beside 200 repositories as alone'),
  ],
  [
    '3.1f',
    'untagged manifests stay for ever, without a report',
    at(
      'engine/retain.test.ts',
      'without a tag go when they have had none, and nobody has used or pulled them, for so long',
    ),
  ],
  [
    '3.1g',
    'deleting a blob breaks the mounts of it',
    suite('mounts', 'mounts: outlive the blob at the source'),
  ],
  [
    '3.2a',
    'a repository is collected with the one that it lies in',
    here('names', 'serverless 3.2a: a repository may be called like a part of the layout'),
  ],
  ['3.2b', 'tags of a repository show up in another', here('names', 'serverless 3.2b: over HTTP, too')],
  [
    '3.2c',
    'a name like a part of the layout breaks collection for ever',
    here('names', 'serverless 3.2a: a repository may be called like a part of the layout'),
  ],
  ['3.2d', 'names and tags are not checked', at('spec/rows/names.ts', 'names/refused: ')],
  [
    '3.2e',
    'a manifest is served under a digest that it does not have',
    suite('manifests', 'manifests: a wrong digest is refused and not stored'),
  ],
  [
    '3.3',
    'HEAD of a mounted blob describes the pointer',
    here('blobs', 'serverless 3.3: a mounted blob has the headers of the blob, also for HEAD'),
  ],
  [
    '3.4a',
    'a page of tags reads all digests before them',
    here('lists', 'serverless 3.4a: untagged manifests do not slow a page of tags down'),
  ],
  ['3.4b', 'n above 1000 is an internal error', row('http-rows-more', 'GET /v2/a/b/tags/list?n=1000')],
  ['3.4c', 'n=0 is refused', row('http-rows-more', 'GET /v2/a/b/tags/list?n=0')],
  [
    '3.4d',
    'a Link without brackets, an unknown repository with no tags',
    row('http-rows-more', 'GET /v2/none/tags/list'),
  ],
  [
    '3.4e',
    'following the pages of the catalog shows half of it',
    here('lists', 'serverless 3.4e: pages of one by Link show every repository and every tag, each once'),
  ],
  [
    '3.4f',
    'nothing can be deleted in a repository of a thousand manifests',
    here('lists', 'serverless 3.4f: a manifest among a thousand others can be deleted, by tag and by digest'),
  ],
  [
    '3.4g',
    'a list of referrers reads each of them',
    here('lists', 'serverless 3.4g: any number of referrers is one listing'),
  ],
  [
    '3.5a',
    'a blob has no type, so that it is compressed on its way',
    here(
      'answers',
      'serverless 3.5a: a blob is octets that nobody may compress, with a validator and ranges',
    ),
  ],
  ['3.5b', 'errors of blobs are plain text', row('http-rows', 'GET /v2/a/b/blobs/{unknown}')],
  [
    '3.5c',
    'codes that no client knows',
    never('the codes are a type, and the few that are not in the specification are in use elsewhere'),
  ],
  ['3.5d', 'a delete has the Content-Length None', row('http-rows', 'DELETE /v2/a/b/blobs/{blob}')],
  ['3.5e', 'an unknown route is plain text', row('http-rows', 'GET /v2/a/b/unknown/thing')],
  ['3.5f', 'manifests of any size lie in memory', row('http-rows', '{tooLong}')],
  [
    '3.5g',
    'Content-Type and mediaType are not compared',
    suite('manifests', 'manifests: a type that the body contradicts is refused'),
  ],
  [
    '3.5h',
    'an early answer resets the connection',
    at('limits/refused.test.ts', 'after a refused body the connection is usable, or was said to be closed'),
  ],
]
