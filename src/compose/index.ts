/**
 * Registries made of registries, in one line each. What a composition does not name is refused, also when the contract
 * grows; errors keep their codes and statuses through any depth.
 * @module
 */

export { type AccessCheck, type AccessRequest, checkAccess } from './check-access.ts'
export { type DebugEntry, debug } from './debug.ts'
export type { AccessKind, Target } from './directed.ts'
export { type EventHandlers, type Events, events } from './events/events.ts'
export { type Observer, observe } from './events/observe.ts'
export type {
  BlobEvent,
  ChangeEvent,
  DeleteEvent,
  EventBase,
  ManifestEvent,
  MountEvent,
  PullEvent,
  ReferrerEvent,
  RegistryEvent,
  TagEvent,
} from './events/types.ts'
export { immutable } from './immutable.ts'
export { readOnly } from './read-only.ts'
export { route, routeHosts } from './route.ts'
export { select } from './select.ts'
export { sub } from './sub.ts'
export { type UnifyOptions, unify } from './unify.ts'
