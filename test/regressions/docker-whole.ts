import { at, type Entry, here, never, row, suite } from './defect.ts'

/** docker/oci: weaknesses of the whole. */
export const dockerWhole: readonly Entry[] = [
  [
    '2.1',
    'errors of the backend become 500 on most routes',
    here('answers', 'docker 2.1: errors of every kind keep their code on every route'),
  ],
  ['2.2', 'the broad table of requests was dropped', row('http-table.test', 'the root')],
  [
    '2.3',
    'an optional ability is lost behind any wrapper',
    never('abilities are asked for in options and answered in values: no wrapper has to know them'),
  ],
  [
    '2.4a',
    'some wrappers let through what they do not know',
    never('wrappers are made by defineRegistry: a method that is not named is refused'),
  ],
  [
    '2.4b',
    'what is still referred to is reported as denied',
    never('a blob may be deleted whoever refers to it; nothing is refused for that reason'),
  ],
  [
    '2.5a',
    'no retries, no time-outs in the client',
    at('client/requests.test.ts', 'what passes is asked again: busy, gone, broken'),
  ],
  ['2.5b', 'uploads never expire', here('uploads', 'serverless 2.1b: an upload expires')],
  [
    '2.5c',
    'no collection',
    at('engine/collect.test.ts', 'the blobs of a deleted manifest: a grace period later, and not before'),
  ],
  [
    '2.5d',
    'no authentication on the side of the server',
    here('access', 'rust B3.6: every 401 carries the challenge, whatever was asked for'),
  ],
  [
    '2.5e',
    'no events and no metrics',
    at('compose/events.test.ts', 'that takes long delays no answer, but close() waits for it'),
  ],
  [
    '2.5f',
    'no validators, no conditional requests',
    at('spec/rows/conditional.ts', 'conditional/manifest by tag and by digest'),
  ],
  [
    '2.5g',
    'no pull-through cache',
    at('cache/blobs.test.ts', 'two hundred at once: one request for each blob, and the right bytes for all'),
  ],
  [
    '2.5h',
    'no copy of images',
    at(
      'transfer/copy.test.ts',
      'docker 2.5h: copies an index with all its images, byte for byte, and its tag',
    ),
  ],
  [
    '2.5i',
    'no choice of a platform',
    at('transfer/copy.test.ts', 'docker 2.5i: of an index only the image for a platform'),
  ],
  [
    '2.5j',
    'the announced algorithm of a digest is ignored',
    suite('uploads', 'uploads: sha512, announced or not'),
  ],
  [
    '2.5k',
    'a client does not keep the tag of referrers where the server has no list',
    at(
      'client/referrers.test.ts',
      'docker 2.5k: the tag is kept where the registry has no list: on push, again, and on delete',
    ),
  ],
  [
    '2.5l',
    'the server advertises no size of chunks',
    at('server/chunk-hints.test.ts', '%j is told at each step of a session, also by 416'),
  ],
  [
    '2.5m',
    'pages of other origins cannot call it',
    at('cli/serve.test.ts', '--no-delete, --sparse, sizes and origins reach the registry'),
  ],
  ['2.6', 'the example of the README does not compile', never('test/docs runs every example')],
  [
    '2.7a',
    'a 200 for a range',
    at('client/download.test.ts', 'docker 1.3a: a 200 for a range is cut to the range'),
  ],
  ['2.7b', 'a mounted blob has the size 0', suite('mounts', 'mounts: from a repository')],
  [
    '2.7c',
    'whether deleting a tag deletes its manifest is open',
    suite('deletes', 'deletes: a tag leaves its manifest and its other tags'),
  ],
  [
    '2.7d',
    'a list of referrers cannot be gone on with',
    suite('referrers', 'referrers: a cursor goes on behind its entry'),
  ],
  [
    '2.7e',
    'one artifact type only',
    suite('referrers', 'referrers: filters are a union, and say that they were applied'),
  ],
  [
    '2.7f',
    'lists of several registries are merged whole',
    at(
      'compose/unify.test.ts',
      'docker 2.7f: lists are merged as they are read, no further than they are wanted',
    ),
  ],
  [
    '2.7g',
    'what a client accepts is fixed',
    at('client/manifest.test.ts', 'what may be read is asked for, and nothing else refused'),
  ],
  ['2.7h', 'an unknown upload id', suite('upload-failures', 'uploads: an id that was never given out')],
  [
    '2.7i',
    'debugging cannot be configured',
    at('cli/registry-expression.test.ts', 'debug: a line for each call, under its name'),
  ],
  [
    '2.8',
    'whole packages are untested',
    never('each contract has a suite, and every value of it passes that suite'),
  ],
]
