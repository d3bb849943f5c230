import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, ConsoleSpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { inspector } from 'ocikit'

// Elsewhere: new BatchSpanProcessor(new OTLPTraceExporter()) of @opentelemetry/exporter-trace-otlp-http.
const provider = new BasicTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())],
})
const tracer = provider.getTracer('ocikit')
const propagator = new W3CTraceContextPropagator()
const getter = {
  get: (headers, name) => headers.get(name) ?? undefined,
  keys: (headers) => [...headers.keys()],
}

/**
 * An inspector that looks into every request. What it is given still holds secrets, as headers do, so only what is known
 * to be none is taken.
 * @returns {import('ocikit').Inspector}
 */
export function tracing() {
  return {
    begin(request, requestId) {
      const parent = propagator.extract(ROOT_CONTEXT, request.headers, getter)
      const attributes = { 'http.request.method': request.method, 'ocikit.request.id': requestId }
      const span = tracer.startSpan(request.method, { kind: SpanKind.SERVER, attributes }, parent)
      return (label, value) => {
        if (label === 'action') name(span, value)
        else if (label === 'storage') child(span, value)
        else if (label === 'answer') end(span, value.status)
        else span.addEvent(label)
      }
    },
    observe: inspector({ to: () => {} }).observe,
  }
}

function name(span, { endpoint, method, repository }) {
  span.updateName(`${method} ${endpoint}`)
  if (repository !== undefined) span.setAttribute('ocikit.repository', repository)
}

/** It is told when it has ended. */
function child(span, { operation, outcome, ms }) {
  const startTime = Date.now() - ms
  const attributes = { 'ocikit.outcome': outcome }
  const options = { kind: SpanKind.CLIENT, startTime, attributes }
  tracer.startSpan(`storage ${operation}`, options, trace.setSpan(ROOT_CONTEXT, span)).end()
}

function end(span, status) {
  span.setAttribute('http.response.status_code', status)
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}
