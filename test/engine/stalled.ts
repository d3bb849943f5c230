import { bytes } from './stage.ts'

/** Lets everything happen that waits for nothing but its turn. */
export const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10))

/** A body that stops after `first`, and goes on or fails when told to. */
export function stalled(first: string): {
  body: ReadableStream<Uint8Array>
  go(rest: string): void
  fail(): void
} {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  void writer.write(bytes(first)).catch(() => {})
  return {
    body: readable,
    go: (rest) => {
      writer.write(bytes(rest)).catch(() => {})
      writer.close().catch(() => {})
    },
    fail: () => void writer.abort(new Error('the client went away')).catch(() => {}),
  }
}
