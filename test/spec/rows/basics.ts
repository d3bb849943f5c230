import { blobAt, manifestAt, referrersAt, send, tagsAt, uploadsAt } from '../api.ts'
import * as check from '../check.ts'
import { unknownDigest, word } from '../data.ts'
import { sentAway } from '../slashes.ts'
import type { Row } from '../target.ts'
import { referrers } from './referrer-list.ts'

/** The ping, empty repositories, and what is not an endpoint. */
export const rows: Row[] = [
  {
    name: 'ping',
    async run(target) {
      for (const path of ['/v2/', '/v2']) {
        const answer = await send(target, 'GET', path)
        check.status(answer, 200)
        check.header(answer, 'content-type', /^application\/json/)
        check.status(await send(target, 'HEAD', path), 200)
      }
    },
  },
  {
    name: 'empty/tag list',
    async run(target) {
      const answer = await send(target, 'GET', tagsAt(target.repo1))
      check.status(answer, 200, 404)
      if (answer.status === 200)
        check.that(Array.isArray(check.json<{ tags: [] }>(answer).tags), 'tags to be a list')
    },
  },
  {
    name: 'empty/referrers',
    async run(target) {
      check.same((await referrers(target, unknownDigest())).entries, [], 'the list of referrers')
    },
  },
  {
    name: 'tag list of an unknown repository',
    async run(target) {
      check.error(await send(target, 'GET', tagsAt(`${target.repo1}/${word()}`)), 404, 'NAME_UNKNOWN')
    },
  },
  {
    name: 'docker headers/version on every answer',
    async run(target) {
      const digest = unknownDigest()
      const places = [
        '/v2',
        '/v2/',
        '/v2/_catalog',
        '/v2/nothing',
        tagsAt(target.repo1),
        tagsAt('UPPER'),
        manifestAt(target.repo1, word()),
        blobAt(target.repo1, digest),
        referrersAt(target.repo1, digest),
      ]
      for (const place of places) {
        for (const method of ['GET', 'HEAD', 'PUT']) {
          const answer = await send(target, method, place)
          check.header(answer, 'docker-distribution-api-version', 'registry/2.0')
        }
      }
    },
  },
  {
    name: 'extensions/discover',
    async run(target) {
      const answer = await send(target, 'GET', '/v2/_oci/ext/discover')
      check.status(answer, 200)
      check.header(answer, 'content-type', /^application\/json/)
      check.that(Array.isArray(check.json<{ extensions: [] }>(answer).extensions), 'extensions to be a list')
    },
  },
  ...[
    '/v2/nothing',
    '/v2/a/nothing',
    '/v2/a/nothing/b',
    '/v2/a/tags',
    '/v2/a/tags/list/more',
    '/v2/_nothing/x',
    '/v2//',
  ].map(
    (path): Row => ({
      name: `unknown path/${path}`,
      async run(target) {
        for (const method of ['GET', 'POST', 'DELETE']) {
          if (target.mergesSlashes && path.includes('//')) await sentAway(target, method, path)
          else check.error(await send(target, method, path), [404, 400])
        }
      },
    }),
  ),
  ...Object.entries({
    '/v2/': { allowed: ['GET', 'HEAD'], refused: ['POST', 'PUT', 'PATCH', 'DELETE'] },
    '/v2/_catalog': { allowed: ['GET'], refused: ['POST', 'PUT', 'PATCH', 'DELETE'] },
    [tagsAt('a')]: { allowed: ['GET'], refused: ['POST', 'PUT', 'PATCH', 'DELETE'] },
    [manifestAt('a', 'b')]: { allowed: ['GET', 'HEAD', 'PUT', 'DELETE'], refused: ['POST', 'PATCH'] },
    [blobAt('a', unknownDigest())]: { allowed: ['GET', 'HEAD', 'DELETE'], refused: ['POST', 'PUT', 'PATCH'] },
    [referrersAt('a', unknownDigest())]: { allowed: ['GET'], refused: ['POST', 'PUT', 'PATCH', 'DELETE'] },
    [uploadsAt('a')]: { allowed: ['POST'], refused: ['PUT', 'PATCH', 'DELETE'] },
    [`${uploadsAt('a')}id`]: { allowed: ['GET', 'PATCH', 'PUT', 'DELETE'], refused: ['POST'] },
  }).map(
    ([path, { allowed, refused }]): Row => ({
      name: `unknown method/${path.replace(/[0-9a-f]{64}/, '…')}`,
      async run(target) {
        for (const method of refused) {
          const answer = await send(target, method, path)
          check.error(answer, 405, 'UNSUPPORTED')
          const allow = check.header(answer, 'allow').split(/ *, */)
          check.same(
            allowed.filter((each) => !allow.includes(each)),
            [],
            'the list of methods that Allow leaves out',
          )
          check.that(!allow.includes(method), `Allow without ${method}`)
        }
      },
    }),
  ),
]
