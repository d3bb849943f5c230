/**
 * Looking at a registry that runs: metrics, the inspector of single requests, and whether the storage is reachable.
 * Nothing here is on the way of a request unless it was asked for. The server tells what happens (`src/server`), and
 * a storage is watched by a wrapper (`observed.ts`); `metrics.ts` and `inspector.ts` are where to start reading.
 * @module
 */

export { type Checkpoint, type Inspector, type InspectorOptions, inspector } from './inspector.ts'
export { type Measured, type Metrics, type MetricsState, metrics } from './metrics.ts'
export { inTime, reach } from './ready.ts'
