/** The contract of registries over every composition, alone and nested. What a composition is there to refuse is named. */

import { describe, expect, test } from 'vitest'
import {
  checkAccess,
  debug,
  events,
  immutable,
  readOnly,
  route,
  routeHosts,
  select,
  sub,
  unify,
} from '../../src/compose/index.ts'
import { createStore, memory, passThrough, type Registry, webhooks } from '../../src/index.ts'
import type { Skip } from '../../src/testing/index.ts'
import { registrySuite } from '../../src/testing/registry-suite.ts'

const store = (): Registry => createStore({ storage: memory() })
const because = (reason: string, ...tests: readonly string[]): Skip[] =>
  tests.map((test) => ({ test, reason }))

const NO_SOURCE = because(
  'a router does not know what others call a repository: nothing is mounted without a source',
  'mounts: without a source from where the caller may read',
  'mounts: without a source from nowhere else',
)
const NO_CATALOG = because(
  'a router knows no list of all registries',
  'repositories: those that manifests were pushed to, in bytewise order',
  'repositories: after and limit are bounds',
)
const IMMUTABLE = [
  ...because(
    'tags do not move',
    'manifests: the type is that of the body, of the call, or of the fields',
    'tags: a push moves them, the old manifest stays',
    'tags: capitals, dots and 128 characters',
  ),
  ...because(
    'nothing is deleted',
    'mounts: outlive the blob at the source',
    'deletes: a blob',
    'deletes: a blob that is not there',
    'deletes: a blob stays in other repositories',
    'deletes: a blob under one name stays under another',
    'deletes: a manifest takes all its tags with it',
    'deletes: a manifest that is not there',
    'deletes: a manifest pushed again has only its new tags',
    'deletes: a manifest leaves its blobs and its children',
    'deletes: a tag leaves its manifest and its other tags',
    'deletes: a tag that is not there',
    'referrers: of a subject that is not there yet, and after it is',
    'referrers: a deleted one is gone, one without its tag is not',
  ),
]
const ALL_KINDS = [...NO_SOURCE, ...NO_CATALOG]

/** Reads go through it, writes beside it: otherwise there would be nothing to read. */
function readThrough(wrap: (inner: Registry) => Registry): Registry {
  const inner = store()
  const { getBlob, resolveBlob, getManifest, resolveManifest, tags, repositories, referrers } = wrap(inner)
  return passThrough(inner, {
    getBlob,
    resolveBlob,
    getManifest,
    resolveManifest,
    tags,
    repositories,
    referrers,
  })
}

/** With an outbox, and nobody who takes what is in it. */
function noted(): Registry {
  const hook = { url: 'http://nobody.test/', secret: 'a secret of the tests, long enough' }
  const storage = memory()
  const options = { fetch: () => Promise.reject(new Error('nobody is there')) }
  return webhooks([hook], options).over(createStore({ storage }), { storage }).registry
}

const cases: readonly [string, () => Registry, readonly Skip[]][] = [
  ['readOnly', () => readThrough(readOnly), []],
  ['immutable', () => immutable(store()), IMMUTABLE],
  ['checkAccess', () => checkAccess(store(), () => true), []],
  ['select', () => select(store(), (name) => name.startsWith('suite/')), []],
  ['sub', () => sub(store(), 'team/of'), []],
  ['debug', () => debug(store(), () => {}), []],
  ['events', () => events(store(), { before() {}, after() {} }), []],
  ['webhooks', noted, []],
  ['route', () => route(() => shared), ALL_KINDS],
  ['routeHosts', () => routeHosts({ suite: store(), other: store() }), NO_SOURCE],
  ['unify of one', () => unify([store()]), []],
  ['unify of two', () => unify([store(), store()]), []],
  ['unify of three, read at once', () => unify([store(), store(), store()], { read: 'atOnce' }), []],
  ['unify, written to the first', () => unify([store(), store()], { write: 'first' }), []],
  [
    'debug of sub of checkAccess',
    () =>
      debug(
        sub(
          checkAccess(store(), () => true),
          'a',
        ),
        () => {},
      ),
    [],
  ],
  ['select of unify of sub', () => select(unify([sub(store(), 'a'), sub(store(), 'b')]), () => true), []],
  ['sub of routeHosts of debug', () => sub(routeHosts({ hub: debug(store(), () => {}) }), 'hub'), NO_SOURCE],
]
const shared = store()

for (const [name, make, skip] of cases) {
  describe(name, () => {
    const registry = make()
    registrySuite({ test, expect }, async () => ({ registry }), { skip })
  })
}
