/**
 * What a store knows of its rules: not how they are applied, so that a program without rules need not carry that.
 * @module
 */

import type { Core } from '../core.ts'
import type { RetentionRule } from './rules.ts'
import type { Retained, RetainOptions } from './run.ts'

/** Rules of retention in force: what `retention()` makes, for the options of a store. */
export interface Retention {
  /** The rules, as they were given. */
  readonly rules: readonly RetentionRule[]
}

/** What a store asks of its rules. */
export interface Retainer {
  /** Whether a rule is about a repository. */
  about(repo: string): boolean
  /** Applies the rules while clients push. */
  apply(core: Core, options: RetainOptions): Promise<Retained>
}

const retainers = new WeakMap<Retention, Retainer>()

/** Makes rules of what applies them. */
export function retentionBy(rules: readonly RetentionRule[], retainer: Retainer): Retention {
  const retention = { rules }
  retainers.set(retention, retainer)
  return retention
}

/**
 * What applies these rules.
 * @throws TypeError for rules that `retention()` has not made.
 */
export function retainerOf(retention: Retention): Retainer {
  const retainer = retainers.get(retention)
  if (!retainer) throw new TypeError('rules of retention must be checked: write retention: retention([...])')
  return retainer
}
