import type { Endpoint } from '../registry.ts'
import type { Storage } from '../storage/index.ts'
import { counter, gauge, gaugeText, histogram } from './exposition.ts'
import { observed, type StorageCall } from './observed.ts'

/** Numbers about a registry, for Prometheus. */
export interface Metrics {
  /** A request has come in. */
  begin(): Measured
  /** The same storage, whose calls are counted. */
  observe(storage: Storage): Storage
  /** All numbers in the text format of Prometheus, 0.0.4. */
  text(state: MetricsState): string
}

/** One request, while it is answered. */
export interface Measured {
  /** What it is about turned out to be this. */
  about(endpoint: Endpoint | 'token'): void
  /** So many bytes of its body have come, of one that did not say how long it is. */
  received(bytes: number): void
  /** It is answered. */
  end(request: Request, response: Response): void
}

/** What is known only when somebody asks. */
export interface MetricsState {
  /** Writes are refused. */
  readonly readOnly: boolean
  /** Events that wait for delivery; absent without webhooks, or if that cannot be told now. */
  readonly webhooksPending?: number
  /** Those that are sent no more; absent with the former. */
  readonly webhooksUndeliverable?: number
}

/** Upper bounds of times, in seconds: from an answer out of memory to a layer over a slow line. */
const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300]
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
/** Every number is of one process; on Workers of one isolate, of which there are many at a time. */
const SCOPE = 'Of this process or isolate.'

/**
 * Counts what a registry does, for `/metrics`. One value for one registry. No label tells of a repository or a user, so
 * that their number has a bound. Every process, and every isolate of a Worker, counts for itself and from its start.
 *
 * @example
 * ```ts
 * import { memory, metrics, ocikit, open } from 'ocikit'
 *
 * const kit = ocikit({ storage: memory(), auth: open(), metrics: metrics() })
 * const answer = await kit.fetch(new Request('http://localhost/metrics'))
 * console.log(answer.headers.get('content-type')) // text/plain; version=0.0.4; charset=utf-8
 * ```
 */
export function metrics(): Metrics {
  const requests = requestNumbers()
  const storage = storageNumbers()
  return {
    begin: requests.begin,
    observe: (inner) => observed(inner, storage.count),
    text({ readOnly, webhooksPending, webhooksUndeliverable }) {
      const parts = [...requests.families, ...storage.families].map((family) => family.text())
      parts.push(gaugeText('ocikit_read_only', `1 while writes are refused. ${SCOPE}`, readOnly ? 1 : 0))
      if (webhooksPending !== undefined) {
        const help = 'Events that wait for delivery to webhooks, of all processes that share the storage.'
        parts.push(gaugeText('ocikit_webhooks_pending', help, webhooksPending))
      }
      if (webhooksUndeliverable !== undefined) {
        const help = 'Events that are sent to webhooks no more, of all processes that share the storage.'
        parts.push(gaugeText('ocikit_webhooks_undeliverable', help, webhooksUndeliverable))
      }
      return parts.join('')
    },
  }
}

function requestNumbers() {
  const total = counter('ocikit_http_requests_total', `Requests that were answered. ${SCOPE}`)
  const seconds = histogram(
    'ocikit_http_request_duration_seconds',
    `Time until the answer was ready, without that for sending it. ${SCOPE}`,
    SECONDS,
  )
  const received = counter('ocikit_http_received_bytes_total', `Bytes of bodies that were accepted. ${SCOPE}`)
  const sent = counter('ocikit_http_sent_bytes_total', `Bytes of bodies that answers announced. ${SCOPE}`)
  const inFlight = gauge('ocikit_http_requests_in_progress', `Requests that have no answer yet. ${SCOPE}`)
  const uploading = gauge(
    'ocikit_uploads_in_progress',
    `Requests of uploads that have no answer yet. ${SCOPE}`,
  )
  const started = counter('ocikit_uploads_started_total', `Upload sessions that were opened. ${SCOPE}`)
  const finished = counter(
    'ocikit_uploads_finished_total',
    `Blobs that were acknowledged, whether uploaded or mounted. ${SCOPE}`,
  )

  const begin = (): Measured => {
    const since = performance.now()
    let endpoint: Endpoint | 'token' | 'unknown' = 'unknown'
    let streamed = 0
    let isUpload = false
    inFlight.add(1)
    return {
      about(found) {
        endpoint = found
        isUpload = found === 'upload' || found === 'uploads'
        if (isUpload) uploading.add(1)
      },
      received(bytes) {
        streamed += bytes
      },
      end(request, { status, headers }) {
        const labels = { endpoint, method: METHODS.includes(request.method) ? request.method : 'other' }
        inFlight.add(-1)
        if (isUpload) uploading.add(-1)
        total.add({ ...labels, status: String(status) })
        seconds.observe(labels, (performance.now() - since) / 1000)
        const announced = status < 300 ? lengthIn(request.headers) : 0
        received.add({ endpoint }, streamed + announced)
        if (request.method !== 'HEAD') sent.add({ endpoint }, lengthIn(headers))
        if (isUpload && status === 202 && request.method === 'POST') started.add({})
        if (isUpload && status === 201) finished.add({})
      },
    }
  }
  return { begin, families: [total, seconds, received, sent, inFlight, uploading, started, finished] }
}

function storageNumbers() {
  const total = counter(
    'ocikit_storage_operations_total',
    `Calls of the storage. Refused ones are the client's fault, cancelled ones nobody waited for. ${SCOPE}`,
  )
  const seconds = counter(
    'ocikit_storage_operation_seconds_total',
    `Time that calls of the storage took. ${SCOPE}`,
  )
  const stored = counter('ocikit_storage_stored_bytes_total', `Bytes of contents that were stored. ${SCOPE}`)
  const read = counter('ocikit_storage_read_bytes_total', `Bytes of contents that were asked for. ${SCOPE}`)
  const count = ({ operation, outcome, milliseconds, ...bytes }: StorageCall): void => {
    total.add({ operation, outcome })
    seconds.add({ operation }, milliseconds / 1000)
    if (bytes.stored) stored.add({}, bytes.stored)
    if (bytes.read) read.add({}, bytes.read)
  }
  return { count, families: [total, seconds, stored, read] }
}

function lengthIn(headers: Headers): number {
  const text = headers.get('content-length') ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : 0
}
