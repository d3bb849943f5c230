import type { Context, Registry } from '../../registry.ts'
import { type Observer, observe } from './observe.ts'
import type { RegistryEvent } from './types.ts'

/** What an application does when something happens to its registry. */
export interface EventHandlers {
  /**
   * Is called before a change or a pull, which waits for it. What it throws is what the caller gets: a `RegistryError`
   * is a veto with a code and a status of its own, and nothing of the change is left, also no upload session. Any other
   * error is a fault of the handler: 500, and an upload session stays, so that the client can try again.
   */
  before?(event: RegistryEvent): unknown
  /**
   * Is called after a change is durable, or a body begins to be read. Nobody waits for it but the runtime
   * (`waitUntil`), and `close()`. Events of one call come one after the other, in their order.
   */
  after?(event: RegistryEvent): unknown
  /** Is told what `after` has thrown or rejected with, which changes nothing else (the logger of `ocikit()`). */
  onError?(error: unknown, event: RegistryEvent): void
}

/** Handlers of events, for the options of `ocikit()`. */
export interface Events {
  /** Puts them over a registry. @param onError Is told errors of `after`, if the handlers have no such function. */
  over(inner: Registry, onError?: EventHandlers['onError']): Registry
}

/**
 * A registry that tells what happens to it, at any depth among other wrappers: what a wrapper above it refuses does not
 * happen. Changes of the same registry that do not come through this value are not told, nor is what the collector and
 * retention remove (`onFreed`). After a process was killed nobody tells what it had not told: webhooks do.
 *
 * @example
 * ```ts
 * import { createStore, memory, RegistryError } from 'ocikit'
 * import { events } from 'ocikit/compose'
 *
 * export const registry = events(createStore({ storage: memory() }), {
 *   before(event) {
 *     if (event.type === 'tag' && event.tag === 'latest') throw new RegistryError('DENIED', 'name a version')
 *   },
 *   after: (event) => console.log(event.type, event.repository, event.subject?.name),
 * })
 * ```
 */
export function events(inner: Registry, handlers: EventHandlers): Registry
/** The same for the option `events` of `ocikit()`. */
export function events(handlers: EventHandlers): Events
export function events(
  ...args: [inner: Registry, handlers: EventHandlers] | [handlers: EventHandlers]
): Registry | Events {
  if (args.length === 2) return observe(args[0], telling(args[1], args[1].onError))
  const [handlers] = args
  return { over: (inner, onError) => observe(inner, telling(handlers, handlers.onError ?? onError)) }
}

function telling(handlers: EventHandlers, onError: EventHandlers['onError']): Observer {
  const tell = (happened: readonly RegistryEvent[]): void => {
    const [first] = happened
    if (first && handlers.after) behind(first.context, () => tellEach(handlers, happened, onError))
  }
  return {
    async change(planned, work, happened) {
      for (const event of planned) await handlers.before?.(event)
      const value = await work()
      tell(happened(value))
      return value
    },
    async pull(planned) {
      await handlers.before?.(planned)
    },
    pulled: (event) => tell([event]),
  }
}

/** Does something that never rejects after what is done now, so that also a handler that does not wait delays nothing. */
function behind(context: Context | undefined, work: () => Promise<void>): void {
  const done = new Promise<void>((resolve) => setTimeout(resolve)).then(work)
  context?.defer(done)
}

async function tellEach(
  handlers: EventHandlers,
  happened: readonly RegistryEvent[],
  onError: EventHandlers['onError'],
): Promise<void> {
  for (const event of happened) {
    try {
      await handlers.after?.(event)
    } catch (error) {
      reported(error, event, onError)
    }
  }
}

function reported(error: unknown, event: RegistryEvent, onError: EventHandlers['onError']): void {
  try {
    onError?.(error, event)
  } catch {
    // Nobody is left to tell.
  }
}
