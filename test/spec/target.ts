/** Where the rows are run: a handler in this process or a server behind a URL. */
export interface Target {
  /** Origin of the registry, without a path. */
  readonly url: string
  readonly fetch: (request: Request) => Promise<Response>
  /** Whether the registry takes manifests whose content is not there. */
  readonly sparse: boolean
  /** A front answers 308 to a path with two slashes in a row, and the registry never sees it. */
  readonly mergesSlashes?: boolean
  /** Where content is pushed. Some rows use repositories below it. */
  readonly repo1: string
  /** Where content is mounted from. */
  readonly repo2: string
}

/** One test of the suite. */
export interface Row {
  readonly name: string
  /** What the target must be: `strict` refuses manifests whose content is not there. Absent: any. */
  readonly needs?: 'sparse' | 'strict'
  /** Resolves when the target has passed, throws a `Skip` when it does not have the feature. */
  run(target: Target): Promise<void>
}

/** Whether a row can be run on a target. */
export function fits(row: Row, target: Target): boolean {
  return row.needs === undefined || (row.needs === 'sparse') === target.sparse
}
