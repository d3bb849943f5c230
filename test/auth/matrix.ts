/** Every endpoint of a registry with what it needs, and a registry to ask it of. */

import {
  type Auth,
  memory,
  type Ocikit,
  ocikit,
  open,
  policy,
  type Rights,
  type RightsAction,
} from '../../src/index.ts'
import {
  digestOf,
  emptyIndex,
  INDEX,
  locationOf,
  pushBlob,
  pushIndex,
  send,
  withDigest,
} from '../server/http.ts'

export type Headers = Record<string, string>

const SUBJECT_DIGEST = digestOf('a subject')

/** What each request is, and what a caller with the right gets. */
export const ENDPOINTS: Record<
  string,
  { needs: RightsAction; ok: number; run: (it: Stage) => Promise<number> }
> = {
  'HEAD manifest': { needs: 'pull', ok: 200, run: (it) => it.ask('HEAD', 'mine/manifests/1') },
  'GET manifest': { needs: 'pull', ok: 200, run: (it) => it.ask('GET', 'mine/manifests/1') },
  'GET manifest by digest': {
    needs: 'pull',
    ok: 200,
    run: (it) => it.ask('GET', `mine/manifests/${it.manifest}`),
  },
  'HEAD blob': { needs: 'pull', ok: 200, run: (it) => it.ask('HEAD', `mine/blobs/${it.blob}`) },
  'GET blob': { needs: 'pull', ok: 200, run: (it) => it.ask('GET', `mine/blobs/${it.blob}`) },
  'GET blob of another repository': {
    needs: 'pull',
    ok: 404,
    run: (it) => it.ask('GET', `mine/blobs/${it.secret}`),
  },
  'GET manifest of another repository': {
    needs: 'pull',
    ok: 404,
    run: (it) => it.ask('GET', `mine/manifests/${it.theirs}`),
  },
  tags: { needs: 'pull', ok: 200, run: (it) => it.ask('GET', 'mine/tags/list') },
  referrers: { needs: 'pull', ok: 200, run: (it) => it.ask('GET', `mine/referrers/${SUBJECT_DIGEST}`) },
  extensions: { needs: 'pull', ok: 200, run: (it) => it.ask('GET', 'mine/_oci/ext/discover') },
  catalog: { needs: 'catalog', ok: 200, run: (it) => it.ask('GET', '_catalog') },
  'start an upload': { needs: 'push', ok: 202, run: (it) => it.ask('POST', 'mine/blobs/uploads/') },
  'a whole blob': {
    needs: 'push',
    ok: 201,
    run: (it) => it.ask('POST', `mine/blobs/uploads/?digest=${digestOf('w')}`, 'w'),
  },
  'status of an upload': { needs: 'push', ok: 204, run: async (it) => it.ask('GET', await it.upload()) },
  chunk: { needs: 'push', ok: 202, run: async (it) => it.ask('PATCH', await it.upload(), 'c') },
  'finish an upload': {
    needs: 'push',
    ok: 201,
    run: async (it) => it.ask('PUT', withDigest(await it.upload(), digestOf('f')), 'f'),
  },
  'cancel an upload': { needs: 'push', ok: 204, run: async (it) => it.ask('DELETE', await it.upload()) },
  'PUT manifest': { needs: 'push', ok: 201, run: (it) => it.ask('PUT', 'mine/manifests/2', emptyIndex('2')) },
  'mount of what may not be read': {
    needs: 'push',
    ok: 202,
    run: (it) => it.ask('POST', `mine/blobs/uploads/?mount=${it.secret}&from=theirs`),
  },
  'mount from anywhere of what may not be read': {
    needs: 'push',
    ok: 202,
    run: (it) => it.ask('POST', `mine/blobs/uploads/?mount=${it.secret}`),
  },
  'chunk of somebody else’s upload': {
    needs: 'push',
    ok: 404,
    run: (it) => it.ask('PATCH', it.foreign, 'c'),
  },
  'DELETE tag': { needs: 'delete', ok: 202, run: (it) => it.ask('DELETE', 'mine/manifests/doomed') },
  'DELETE blob': { needs: 'delete', ok: 202, run: (it) => it.ask('DELETE', `mine/blobs/${it.doomed}`) },
  'DELETE manifest': {
    needs: 'delete',
    ok: 202,
    run: (it) => it.ask('DELETE', `mine/manifests/${it.manifest}`),
  },
}

export interface Stage {
  readonly blob: string
  readonly manifest: string
  readonly secret: string
  readonly doomed: string
  /** A manifest that only `theirs` has. */
  readonly theirs: string
  /** Where an upload to `mine` stands that somebody else began. */
  readonly foreign: string
  ask(method: string, path: string, body?: string): Promise<number>
  /** Where an upload of the caller's stands; for those who may not, an address of the same form. */
  upload(): Promise<string>
}

export async function stage(auth: Auth, headers: Headers): Promise<Stage & { kit: Ocikit }> {
  const storage = memory()
  const owner = ocikit({ storage, auth: open() })
  const kit = ocikit({ storage, auth })
  const somebody = { ...open(), authenticate: () => ({ name: 'somebody' }) }
  const begun = await send(ocikit({ storage, auth: somebody }), 'POST', '/v2/mine/blobs/uploads/')
  const { digest: blob } = await pushBlob(owner, 'mine', 'b')
  const { digest: doomed } = await pushBlob(owner, 'mine', 'd')
  const { digest: secret } = await pushBlob(owner, 'theirs', 'secret')
  const manifest = (await pushIndex(owner, 'mine', '1')).headers.get('docker-content-digest')!
  await pushIndex(owner, 'mine', 'doomed')
  const theirs = (await pushIndex(owner, 'theirs', '1', { body: emptyIndex('theirs') })).headers
  const at = (path: string) => (path.startsWith('/') ? path : `/v2/${path}`)
  return {
    kit,
    blob,
    doomed,
    secret,
    manifest,
    theirs: theirs.get('docker-content-digest')!,
    foreign: locationOf(begun),
    ask: async (method, path, body) =>
      (
        await send(kit, method, at(path), {
          headers: path.includes('/manifests/') ? { 'content-type': INDEX, ...headers } : headers,
          ...(body !== undefined && { body }),
        })
      ).status,
    async upload() {
      const started = await send(kit, 'POST', '/v2/mine/blobs/uploads/', { headers })
      return started.status === 202 ? locationOf(started) : '/v2/mine/blobs/uploads/guessed'
    },
  }
}

/** Ann has the rights in `mine`; nobody else anything anywhere. */
export const ruleOf = (rights: Rights) => {
  const catalog = listOf(rights).filter((right) => right === 'catalog')
  return policy({
    rules: [
      { who: 'user:ann', repositories: 'mine', allow: rights },
      { who: 'user:ann', allow: catalog },
    ],
  })
}

export async function told(auth: Auth, headers: Headers): Promise<string[]> {
  const it = await stage(auth, headers)
  const lines: string[] = []
  for (const [name, { run }] of Object.entries(ENDPOINTS)) lines.push(`${name}: ${await run(it)}`)
  return lines
}

export function expected(rights: readonly RightsAction[], refused: number): string[] {
  return Object.entries(ENDPOINTS).map(
    ([name, { needs, ok }]) => `${name}: ${rights.includes(needs) ? ok : refused}`,
  )
}

const LISTS: Record<string, readonly RightsAction[]> = {
  none: [],
  read: ['pull'],
  write: ['push'],
  'read-write': ['pull', 'push'],
  all: ['pull', 'push', 'delete', 'catalog'],
}
export const listOf = (rights: Rights) => (typeof rights === 'string' ? LISTS[rights]! : rights)
