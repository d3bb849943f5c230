/**
 * A text from elsewhere as a terminal may get it: without characters that control it, or turn around what stands beside
 * them.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd')
}
