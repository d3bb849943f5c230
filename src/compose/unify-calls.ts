/**
 * Asking several registries one question.
 * @module
 */

import { RegistryError } from '../oci/index.ts'
import type { CallOptions, Registry } from '../registry.ts'
import { type Failure, partial, throwFirst } from './failures.ts'

/** What is known of answers. */
export interface Answers<T> {
  /** What all answers must have in common. */
  readonly same?: (answer: T) => string
  /** Lets go of an answer that is not wanted. */
  readonly drop?: (answer: T) => PromiseLike<void>
}

type Question<T, O extends CallOptions> = (registry: Registry, options: O) => Promise<T>

/** The first answer, of one registry after another. */
export async function askInTurn<T, O extends CallOptions>(
  registries: readonly Registry[],
  options: O | undefined,
  ask: Question<T, O>,
): Promise<T> {
  const failures: Failure[] = []
  for (const [i, registry] of registries.entries()) {
    options?.signal?.throwIfAborted()
    try {
      return await ask(registry, (options ?? {}) as O)
    } catch (error) {
      failures.push({ registry: i, error })
    }
  }
  return throwFirst(failures)
}

/** The first answer of all; where they have to agree, one that all that know something give. */
export async function askAll<T, O extends CallOptions>(
  registries: readonly Registry[],
  options: O | undefined,
  ask: Question<T, O>,
  { same, drop }: Answers<T> = {},
): Promise<T> {
  const asked = registries.map((registry) => ask(registry, (options ?? {}) as O))
  if (same) return agreed(await Promise.allSettled(asked), same)
  let winner: Promise<T> | undefined
  const each = asked.map((answer) =>
    answer.then(async (value) => {
      winner ??= answer
      if (winner !== answer) await drop?.(value)
      return value
    }),
  )
  try {
    return await Promise.any(each)
  } catch (error) {
    return throwFirst((error as AggregateError).errors.map((cause, registry) => ({ registry, error: cause })))
  }
}

function agreed<T>(results: readonly PromiseSettledResult<T>[], same: (answer: T) => string): T {
  const answers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const [first] = answers
  if (first === undefined)
    return throwFirst(
      results.map((result, registry) => ({ registry, error: (result as PromiseRejectedResult).reason })),
    )
  const kinds = new Set(answers.map(same))
  if (kinds.size === 1) return first
  throw new RegistryError('MANIFEST_INVALID', 'the registries do not agree on what this tag names', {
    status: 409,
    detail: { digests: [...kinds] },
  })
}

/**
 * Makes a change everywhere. @throws the error itself if none has made it or there is only one, else one that says
 * which have.
 */
export async function changeAll<T>(
  registries: readonly Registry[],
  change: (registry: Registry, at: number) => Promise<T>,
): Promise<T[]> {
  const results = await Promise.allSettled(registries.map(change))
  const failures: Failure[] = []
  const done: number[] = []
  for (const [registry, result] of results.entries()) {
    if (result.status === 'rejected') failures.push({ registry, error: result.reason })
    else done.push(registry)
  }
  if (failures.length === 0) return results.map((result) => (result as PromiseFulfilledResult<T>).value)
  if (done.length === 0) throw failures[0]!.error
  throw partial(done, failures)
}
