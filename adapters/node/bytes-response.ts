/**
 * A Response whose bytes are at hand. Node's own makes a stream of them at once, which costs four times as much
 * as the rest of a small answer; here that happens only if somebody looks.
 */
export class BytesResponse extends Response {
  /** The body, for whoever writes it to a socket. */
  readonly bytesAtHand: Uint8Array
  #whole: Response | undefined

  constructor(bytes: Uint8Array, init: ResponseInit) {
    super(null, init)
    this.bytesAtHand = bytes
  }

  get #full(): Response {
    this.#whole ??= new Response(this.bytesAtHand as BodyInit, { headers: this.headers, status: this.status })
    return this.#whole
  }

  override get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#full.body
  }

  override get bodyUsed(): boolean {
    return this.#whole?.bodyUsed ?? false
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.#full.arrayBuffer()
  }

  override blob(): Promise<Blob> {
    return this.#full.blob()
  }

  override bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#full.bytes()
  }

  override clone(): Response {
    return this.#full.clone()
  }

  override formData(): Promise<FormData> {
    return this.#full.formData()
  }

  override json(): Promise<unknown> {
    return this.#full.json()
  }

  override text(): Promise<string> {
    return this.#full.text()
  }

  /** Whether the bytes are still the body: nobody has taken the stream. */
  get isUntouched(): boolean {
    return this.#whole === undefined
  }
}
