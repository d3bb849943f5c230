import type { Retained, RetainOptions, RetentionRule, RetentionVerdict } from '../../src/index.ts'
import type { Digest } from '../../src/oci/index.ts'
import { pushIndex } from './collecting.ts'
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
export async function days(on: Stage, count: number): Promise<void> {
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
  on: Stage,
  repo: string,
  children: readonly Digest[],
  tags: string[] = [],
  more: object = {},
): Promise<Digest> {
  const manifest = indexOf(children, more)
  await on.store.pushManifest(repo, manifest, INDEX, { tags })
  return digestOf(manifest)
}

export async function tagsOf(on: Stage, repo: string): Promise<string[]> {
  return collect(on.store.tags(repo)).catch(() => [])
}

/** The digests of all manifests of a repository. */
export async function manifestsOf(on: Stage, repo: string): Promise<Digest[]> {
  const keys = await keysOf(on.inner, `repositories/${repo}/_manifests/`)
  return keys.map((key) => key.split('/').slice(-2).join(':') as Digest)
}
