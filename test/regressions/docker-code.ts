import { at, type Entry, here, never, row, suite } from './defect.ts'

/** docker/oci: what stands out in the code of each package. */
export const dockerCode: readonly Entry[] = [
  [
    '1.1',
    'resuming an upload is guarded by the function of another method',
    never('a method that is not given is refused by its own name: one loop over the names of the contract'),
  ],
  [
    '1.2',
    'the server does not use the table from error code to status',
    at('registry/backend.test.ts', 'get the status of their code, 400 for one of their own'),
  ],
  [
    '1.3a',
    'a client takes a whole blob for the range that it asked for',
    at('client/download.test.ts', 'docker 1.3a: a 200 for a range is cut to the range'),
  ],
  [
    '1.3b',
    'an empty range becomes an invalid header',
    never(
      'a range names its first byte or counts from the end: an empty one can only be a suffix of 0, which is refused',
    ),
  ],
  [
    '1.4',
    'the limit of a list is only the size of its pages',
    suite('lists', 'tags: after and limit are bounds'),
  ],
  [
    '1.5',
    'a limit of nothing is sent as n=0',
    at('client/list.test.ts', 'docker 1.5: a limit of 0 asks nobody'),
  ],
  [
    '1.6',
    'a server that ignores last is paged through for ever',
    at('client/list.test.ts', 'docker 1.6: a registry that ignores last is not asked for ever'),
  ],
  ['1.7', '/v2 without a slash is not found, in plain text', row('http-rows', 'GET /v2')],
  [
    '1.8',
    'the status of an upload leaves a file open',
    here('streaming', 'docker 1.8: a status or the start of an upload opens nothing'),
  ],
  [
    '1.9',
    'a manifest without mediaType is refused and stored all the same',
    suite('manifests', 'manifests: the type is that of the body, of the call, or of the fields'),
  ],
  ['1.10', 'n=0 lists everything', row('http-rows-more', 'GET /v2/a/b/tags/list?n=0')],
  [
    '1.11a',
    'an unknown upload id begins an upload',
    suite('upload-failures', 'uploads: an id that was never given out'),
  ],
  [
    '1.11b',
    'uploads stay in memory after their end',
    here('uploads', 'elixir A3.12e: nothing is left of uploads, however they ended'),
  ],
  [
    '1.11c',
    'a missing child is an internal error',
    suite('references', 'references: a missing child of an index'),
  ],
  [
    '1.11d',
    'tags of a deleted manifest answer HEAD and fail on GET',
    suite('deletes', 'deletes: a manifest takes all its tags with it'),
  ],
  [
    '1.11e',
    'a wrong digest or size loses its error code',
    suite('blobs', 'blobs: a wrong digest stores nothing'),
  ],
  ['1.11f', 'a bad range has no error code', suite('contents', 'ranges: one that holds no byte is refused')],
  [
    '1.12a',
    'the index of a layout is cached for ever, and what others wrote is lost',
    at('layout/folder.test.ts', 'docker 1.12a: what others have written is seen, and kept'),
  ],
  [
    '1.12b',
    'blobs of a layout cannot be deleted',
    at('layout/folder.test.ts', 'docker 1.12b: blobs can be deleted'),
  ],
  [
    '1.12c',
    'blobs of a layout are readable through every repository',
    suite('blobs', 'blobs: a repository does not show those of another'),
  ],
  [
    '1.12d',
    'a manifest that lost its tag cannot be read by digest any more',
    suite('manifests', 'tags: a push moves them, the old manifest stays'),
  ],
  [
    '1.12e',
    'one ambiguous reference in a layout breaks every call',
    at('layout/folder.test.ts', 'docker 1.12e: a name that two manifests have is an error of that name only'),
  ],
  [
    '1.12f',
    'unknown fields of the index of a layout are lost',
    at(
      'layout/folder.test.ts',
      'docker 1.12f: fields that are not known stay, of the index and of its entries',
    ),
  ],
  [
    '1.12g',
    'an upload id becomes a path unchecked',
    here('names', 'docker 1.12g: an upload id that is a path is unknown, also without HTTP in front'),
  ],
  [
    '1.13',
    'the read-only wrapper cannot list repositories',
    at('compose/compose.test.ts', 'docker 1.13: reads and lists everything, and changes nothing'),
  ],
  [
    '1.14',
    'the immutable wrapper takes a failed look-up for no tag',
    at('compose/compose.test.ts', 'docker 1.14: a tag that cannot be looked up is not taken for a free one'),
  ],
  [
    '1.15',
    'a name with .. escapes the prefix of a sub-registry',
    at('compose/compose.test.ts', 'docker 1.15: no name leads out of it'),
  ],
  [
    '1.16',
    'a list of a sub-registry begins at the wrong name and reads all of them',
    at('compose/compose.test.ts', 'docker 1.16: a list begins at its prefix and reads no further'),
  ],
  [
    '1.17',
    'writing to two registries fails half-way without saying where',
    at('compose/unify.test.ts', 'docker 1.17: a change that only some have made says which'),
  ],
  [
    '1.18',
    'a debugging wrapper logs whole bodies, and wraps nothing after an error',
    at(
      'compose/compose.test.ts',
      'docker 1.18: an entry for each call, short, without bytes and ids; an error is told and thrown',
    ),
  ],
  [
    '1.19',
    'a parallel download of an empty blob asks for a range',
    at(
      'transfer/download.test.ts',
      'docker 1.19: of an empty blob, and of a small one, no range is asked for',
    ),
  ],
  [
    '1.20',
    'a retry of a chunk sends the same bytes without asking where to go on',
    at(
      'client/upload.test.ts',
      'docker 1.20: a chunk whose answer got lost is not sent again: the session is asked',
    ),
  ],
  [
    '1.21a',
    'only the first challenge of a header is read',
    at(
      'auth/client/tokens.test.ts',
      'docker 1.21a: every challenge of every header is read: a token before a password',
    ),
  ],
  [
    '1.21b',
    'a refused token is used again until it expires',
    at('auth/client/tokens.test.ts', 'docker 1.21b: a token that is refused is not shown again'),
  ],
  [
    '1.21c',
    'a lock is held while a token is fetched',
    at(
      'auth/client/tokens.test.ts',
      'docker 1.21c: a token is fetched once, however many wait for it, and they do not wait for each other',
    ),
  ],
  [
    '1.21d',
    'credentials go wherever a realm points',
    at('auth/client/tokens.test.ts', 'docker 1.21d: credentials do not go wherever a realm points'),
  ],
  [
    '1.22',
    'the chunk size of a client is a floor instead of a ceiling',
    at('client/upload.test.ts', 'docker 1.22: the chunk size is a ceiling'),
  ],
  [
    '1.23',
    '0-0 means no byte or one byte',
    here('uploads', 'serverless 2.3g: a chunk of one byte is taken, and so is the next one'),
  ],
  [
    '1.24',
    'the upload id of an upstream breaks the paths of a proxy',
    here('proxy', 'docker 1.24: an upload id of an upstream is one opaque segment, and comes back as it was'),
  ],
  [
    '1.25',
    'a field of the configuration is read under another name',
    at('cli/registry-expression-file.test.ts', 'the published schema has every kind with its fields'),
  ],
  [
    '1.26',
    'leaving out one of two patterns panics',
    at('cli/registry-expression.test.ts', 'docker 1.26: each of two patterns may be left out'),
  ],
  [
    '1.27',
    'nested configuration is not decoded',
    at('cli/registry-expression.test.ts', 'docker 1.27: each within the others, six deep'),
  ],
  [
    '1.28',
    'cancelling an upload does not tell the server',
    at('client/upload.test.ts', 'docker 1.28: what fails is cancelled at the registry'),
  ],
]
