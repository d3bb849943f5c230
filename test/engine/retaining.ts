import type { Retained, RetainOptions, RetentionRule, RetentionVerdict } from '../../src/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import { pushIndex, subjectOf } from './collecting.ts'
import { collect, DAY, digestOf, HOUR, INDEX, indexOf, keysOf, type Stage, stage } from './stage.ts'

/** A store with rules that have been in force for so long that manifests may go. */
export async function retaining(
  rules: readonly RetentionRule[],
  more: Parameters<typeof stage>[0] = {},
): Promise<Stage> {
  const on = stage({ ...more, retention: rules })
  await on.store.retain()
  on.pass(DAY)
  return on
}

/** Applies the rules, and tells what became of what: `tag` or `digest` to the reason, with a minus for what goes. */
export async function retained(
  on: Stage,
  options: RetainOptions = {},
): Promise<Retained & { verdicts: RetentionVerdict[] }> {
  const verdicts: RetentionVerdict[] = []
  const done = await on.store.retain({ ...options, report: (verdict) => verdicts.push(verdict) })
  return { ...done, verdicts }
}

/** Lets days pass, with a run of retention, expiry and a collector every twelve hours. */
export async function days(on: Pick<Stage, 'store' | 'pass'>, count: number): Promise<void> {
  for (let half = 0; half < 2 * count; half++) {
    on.pass(12 * HOUR)
    await on.store.sweep()
    await on.store.retain()
    await on.store.collect()
  }
}

/** Pushes images under these tags, an hour apart, the last one long enough ago to be judged; returns their digests. */
export async function pushTags(on: Stage, repo: string, tags: readonly string[]): Promise<Digest[]> {
  const digests: Digest[] = []
  for (const tag of tags) {
    on.pass(HOUR)
    digests.push(await pushIndex(on, repo, [`${repo} ${tag}`], [tag], { annotations: { tag } }))
  }
  on.pass(HOUR / 4)
  return digests
}

/** Pushes an index of manifests. */
export async function pushParent(
  on: Pick<Stage, 'store'>,
  repo: string,
  children: readonly Digest[],
  tags: string[] = [],
  more: object = {},
): Promise<Digest> {
  const manifest = indexOf(children, more)
  await on.store.pushManifest(repo, manifest, INDEX, { tags })
  return digestOf(manifest)
}

/** Everything that clients make of an image: platforms, attestations, signatures of all kinds. */
export async function pushImage(on: Pick<Stage, 'store'>, repo: string, tag: string): Promise<Digest[]> {
  const amd64 = await pushIndex(on, repo, [`amd64 ${tag}`])
  const arm64 = await pushIndex(on, repo, [`arm64 ${tag}`])
  // buildkit files attestations as one more child.
  const attestation = await pushIndex(on, repo, [`attestation ${tag}`])
  const nested = await pushParent(on, repo, [arm64], [], { annotations: { nested: tag } })
  const index = await pushParent(on, repo, [amd64, nested, attestation], [tag], { annotations: { tag } })
  const signature = await pushIndex(on, repo, [`signature ${tag}`], [], subjectOf(index))
  const countersigned = await pushIndex(on, repo, [`countersigned ${tag}`], [], subjectOf(signature))
  const sbom = await pushIndex(on, repo, [`sbom ${tag}`], [], subjectOf(amd64))
  const fallback = `${index.replace(':', '-')}`
  const cosign = await pushIndex(on, repo, [`cosign ${tag}`], [`${fallback}.sig`])
  const listed = await pushIndex(on, repo, [`listed ${tag}`], [fallback])
  return [amd64, arm64, attestation, nested, index, signature, countersigned, sbom, cosign, listed]
}

export async function tagsOf(on: Pick<Stage, 'store'>, repo: string): Promise<string[]> {
  return collect(on.store.tags(repo)).catch(() => [])
}

/** The digests of all manifests of a repository. */
export async function manifestsOf(on: Pick<Stage, 'inner'>, repo: string): Promise<Digest[]> {
  const keys = await keysOf(on.inner, `repositories/${repo}/_manifests/`)
  return keys.map((key) => key.split('/').slice(-2).join(':') as Digest)
}
