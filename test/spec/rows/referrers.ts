import { manifestAt, putManifest, referrersAt, send } from '../api.ts'
import * as check from '../check.ts'
import { bareIndex, descriptor, type Manifest, unknownDigest, word } from '../data.ts'
import type { Row, Target } from '../target.ts'
import { referrers, sameEntries } from './referrer-list.ts'

const TYPES = ['application/vnd.example.a+json', 'application/vnd.example.b+json', 'text/plain'] as const

/** The list of referrers: filters, and what comes and goes. */
export const rows: Row[] = [
  row('several filters are a union', async (target, subject, its) => {
    const query = `?artifactType=${encodeURIComponent(TYPES[0])}&artifactType=${encodeURIComponent(TYPES[2])}`
    const { answer, entries } = await referrers(target, subject.digest, query)
    check.header(answer, 'oci-filters-applied', 'artifactType')
    sameEntries(entries, [its[0]!, its[2]!])
  }),
  row('a plus that is not encoded', async (target, subject, its) => {
    const { answer, entries } = await referrers(target, subject.digest, `?artifactType=${TYPES[1]}`)
    check.header(answer, 'oci-filters-applied', 'artifactType')
    sameEntries(entries, [its[1]!])
  }),
  row('a type that nobody has', async (target, subject) => {
    const { answer, entries } = await referrers(target, subject.digest, '?artifactType=application%2Fx')
    check.header(answer, 'oci-filters-applied', 'artifactType')
    sameEntries(entries, [])
  }),
  row('each once, however often it was pushed', async (target, subject, its) => {
    for (const it of its) {
      for (const reference of [it.digest, word(), word()]) {
        const answer = await putManifest(target, target.repo1, reference, it)
        check.header(answer, 'oci-subject', subject.digest)
      }
    }
    sameEntries((await referrers(target, subject.digest)).entries, its)
  }),
  row('an entry vanishes with its manifest', async (target, subject, its) => {
    check.status(await send(target, 'DELETE', manifestAt(target.repo1, its[0]!.digest)), 202)
    sameEntries((await referrers(target, subject.digest)).entries, its.slice(1))
  }),
  row('entries outlive a tag', async (target, subject, its) => {
    const tag = word()
    check.status(await putManifest(target, target.repo1, tag, its[0]!), 201)
    check.status(await send(target, 'DELETE', manifestAt(target.repo1, tag)), 202)
    sameEntries((await referrers(target, subject.digest)).entries, its)
  }),
  row('entries outlive the subject', async (target, subject, its) => {
    check.status(await putManifest(target, target.repo1, subject.digest, subject), 201)
    check.status(await send(target, 'DELETE', manifestAt(target.repo1, subject.digest)), 202)
    sameEntries((await referrers(target, subject.digest)).entries, its)
  }),
  row('not in another repository', async (target, subject) => {
    sameEntries((await referrers(target, subject.digest, '', target.repo2)).entries, [])
  }),
  {
    name: 'referrers/unknown repository',
    async run(target) {
      const repo = `${target.repo1}/${word()}`
      for (const digest of [unknownDigest(), unknownDigest('sha512'), `sha256:${'0'.repeat(64)}`]) {
        sameEntries((await referrers(target, digest, '', repo)).entries, [])
      }
    },
  },
  {
    name: 'referrers/malformed digest',
    async run(target) {
      for (const digest of ['sha256:bad', 'sha256:', 'latest', unknownDigest().toUpperCase()]) {
        check.error(await send(target, 'GET', referrersAt(target.repo1, digest)), 400, 'DIGEST_INVALID')
      }
    },
  },
  {
    name: 'referrers/a hundred of them',
    async run(target) {
      const subject = bareIndex()
      const its = Array.from({ length: 100 }, () => bareIndex({ subject: descriptor(subject) }))
      for (const it of its) check.status(await putManifest(target, target.repo1, it.digest, it), 201)
      sameEntries((await referrers(target, subject.digest)).entries, its)
    },
  },
]

function row(
  name: string,
  run: (target: Target, subject: Manifest, its: readonly Manifest[]) => Promise<void>,
): Row {
  return {
    name: `referrers/${name}`,
    async run(target) {
      const subject = bareIndex()
      const its = TYPES.map((artifactType) => bareIndex({ subject: descriptor(subject), artifactType }))
      for (const it of its) {
        const answer = await putManifest(target, target.repo1, it.digest, it)
        check.status(answer, 201)
        check.header(answer, 'oci-subject', subject.digest)
      }
      await run(target, subject, its)
    },
  }
}
