/** How many slips are forgiven: one in short words, two in longer ones. */
const MAX_SLIPS = 2

/** The word that was probably meant; absent if none is near. Of several, the first. */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  const ranked = words
    .map((word) => ({ word, slips: slipsBetween(typed.toLowerCase(), word) }))
    .filter(({ word, slips }) => slips <= Math.min(MAX_SLIPS, Math.floor(word.length / 2)))
    .sort((a, b) => a.slips - b.slips)
  return ranked[0]?.word
}

/** Letters too many, too few, wrong, or swapped with the next (the distance of Damerau and Levenshtein). */
function slipsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_SLIPS) return Number.POSITIVE_INFINITY
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? rows[i - 2]![j - 2]! + 1
          : Number.POSITIVE_INFINITY
      row[j] = Math.min(
        rows[i - 1]![j]! + 1,
        row[j - 1]! + 1,
        rows[i - 1]![j - 1]! + (isSame ? 0 : 1),
        swapped,
      )
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}
