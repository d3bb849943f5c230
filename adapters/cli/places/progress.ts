import { sizeText } from '../../../src/engine/index.ts'
import type { Progress } from '../../../src/transfer/index.ts'
import type { Output } from '../main.ts'

/** How often a blob on its way is told of, in milliseconds. */
const EVERY = 5_000

/** Tells what happens, a line for each blob and manifest, and for long ones now and then how far they are. */
export function progressLines(out: Output): (progress: Progress) => void {
  let told = performance.now()
  return ({ kind, digest, size, state, moved }) => {
    const name = `${kind} ${digest.slice(0, digest.indexOf(':') + 13)}`
    if (state === 'begun') return
    if (state !== 'moved') {
      out.write(`${name}  ${sizeText(size)}  ${state}\n`)
    } else if (performance.now() - told > EVERY) {
      told = performance.now()
      out.write(`${name}  ${sizeText(moved)} of ${sizeText(size)}\n`)
    }
  }
}
