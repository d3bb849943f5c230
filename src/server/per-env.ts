/** A value for each `env`, made when the first request brings it. */
export interface PerEnv<T> {
  /** The value for an `env`. What failed is tried again at the next call. */
  for(env: unknown): T | Promise<T>
  /** All that have been made. */
  all(): Promise<T[]>
}

/** Remembers what `make` gives. An `env` is known by its identity: Workers get the same with every request. */
export function perEnv<T>(make: (env: unknown) => Promise<T>): PerEnv<T> {
  const made = new Map<unknown, T | Promise<T>>()
  return {
    for(env) {
      const known = made.get(env)
      if (known !== undefined) return known
      const making = make(env)
      made.set(env, making)
      making.then(
        (value) => made.set(env, value),
        () => made.delete(env),
      )
      return making
    },
    async all() {
      const settled = await Promise.allSettled(made.values())
      return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    },
  }
}

/** One value for all, whatever their `env`. */
export function sameForAll<T>(value: T): PerEnv<T> {
  return { for: () => value, all: async () => [value] }
}
