/**
 * Bytes of several streams in a row, taken by number instead of as they come.
 * @module
 */

/** A stream with a promised length; opened when its turn comes. */
export interface Held {
  readonly size: number
  open(): Promise<ReadableStream<Uint8Array>>
}

/** Reads what is held, then a body. Only one of its methods is at work at a time. */
export class ByteSource {
  readonly #held: Held[]
  readonly #body: ReadableStream<Uint8Array>
  readonly #onBody: (bytes: Uint8Array) => void | Promise<void>
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  /** Bytes that are still to come of what is held and open. */
  #due = 0
  #inBody = false
  #ended = false
  /** Everything was read to its end. */
  exhausted = false
  #pending = new Uint8Array(0) as Uint8Array

  /** @param onBody Sees the bytes of the body when they are taken. */
  constructor(
    held: readonly Held[],
    body: ReadableStream<Uint8Array>,
    onBody: (bytes: Uint8Array) => void | Promise<void>,
  ) {
    this.#held = held.filter(({ size }) => size > 0)
    this.#body = body
    this.#onBody = onBody
  }

  /** Whether there are more bytes. */
  async more(): Promise<boolean> {
    while (this.#pending.length === 0 && !this.#ended) await this.#advance()
    return this.#pending.length > 0
  }

  /**
   * Fills `target` from `start` on; fewer bytes only at the end.
   * @param onBytes Is told when some have come.
   * @returns where it is filled to.
   */
  async fill(target: Uint8Array, start = 0, onBytes: () => void = () => {}): Promise<number> {
    let at = start
    while (at < target.length && (await this.more())) {
      const bytes = await this.#take(target.length - at)
      target.set(bytes, at)
      at += bytes.length
      onBytes()
    }
    return at
  }

  /**
   * The next `size` bytes. Nothing else may be taken until they are; it fails if there are fewer.
   * @param end They must be the last ones.
   */
  stream(size: number, end: boolean): ReadableStream<Uint8Array> {
    let left = size
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          if (left > 0) {
            if (!(await this.more())) throw new Error(`the body ended ${left} bytes early`)
            const bytes = await this.#take(left)
            left -= bytes.length
            // A copy where the rest is still needed: whoever reads may transfer its buffer.
            controller.enqueue(this.#pending.length > 0 ? bytes.slice() : bytes)
          } else if (end && (await this.more())) throw new Error('the body goes on after its end')
          if (left === 0 && (!end || this.#ended)) controller.close()
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** Lets go of everything that was not read. */
  async cancel(reason?: unknown): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    if (this.#inBody) return void (await this.#reader?.cancel(reason))
    await Promise.all([this.#reader?.cancel(reason), this.#body.cancel(reason)])
  }

  async #take(most: number): Promise<Uint8Array> {
    const bytes = this.#pending.subarray(0, most)
    this.#pending = this.#pending.subarray(most)
    if (this.#inBody) await this.#onBody(bytes)
    return bytes
  }

  async #advance(): Promise<void> {
    this.#reader ??= await this.#next()
    const { done, value } = await this.#reader.read()
    if (!done) {
      this.#due -= value.length
      this.#pending = value
      return
    }
    if (this.#inBody) {
      this.#ended = true
      this.exhausted = true
      return
    }
    if (this.#due !== 0) throw new Error(`stored bytes have another length than recorded: ${-this.#due} more`)
    this.#reader = undefined
  }

  async #next(): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const held = this.#held.shift()
    this.#due = held?.size ?? 0
    this.#inBody = held === undefined
    return (held ? await held.open() : this.#body).getReader()
  }
}
