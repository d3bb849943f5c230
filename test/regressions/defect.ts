/** Something that another registry does wrong, and why it is not so here. */
export interface Defect {
  /** Source and number; letters tell several of one number apart. */
  readonly id: string
  readonly what: string
  readonly shown: Shown
}

/** A test, or a reason why it cannot occur. */
export type Shown = { readonly file: string; readonly title: string } | { readonly never: string }

/** An entry in a table of defects. */
export type Entry = readonly [number: string, what: string, shown: Shown]

/** Gives the entries of a source their ids. */
export function defectsOf(source: string, entries: readonly Entry[]): Defect[] {
  return entries.map(([number, what, shown]) => ({ id: `${source} ${number}`, what, shown }))
}

/** Shown by the contract suite of registries. */
export const suite = (file: string, title: string): Shown => ({
  file: `src/testing/registry/${file}.ts`,
  title,
})
/** Shown by a test of this folder. */
export const here = (file: string, title: string): Shown => ({
  file: `test/regressions/${file}.test.ts`,
  title,
})
/** Shown by a row of the table of requests and answers. */
export const row = (file: string, title: string): Shown => ({ file: `test/registry/${file}.ts`, title })
/** Shown by a test elsewhere. */
export const at = (file: string, title: string): Shown => ({ file: `test/${file}`, title })
/** Cannot occur. */
export const never = (reason: string): Shown => ({ never: reason })
