import { type Retention, retention } from 'ocikit'

/** A tag that several rules are about goes when none of them keeps it; what no rule is about stays. */
export const rules: Retention = retention([
  {
    name: 'releases',
    repositories: '**',
    tags: 'v*',
    keep: { last: 10, by: 'version', pulled: '90d' },
  },
  {
    name: 'pull requests',
    repositories: '**',
    tags: ['pr-*', 'sha-*'],
    keep: { pushed: '14d' },
  },
  {
    name: 'build caches',
    repositories: ['cache/**', '**/buildcache'],
    keep: { pulled: '7d' },
  },
  {
    name: 'what was overwritten',
    untagged: '7d',
  },
])
