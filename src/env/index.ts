/**
 * Options from variables, whose names begin with `OCIKIT_`: one table for the command and for every runtime.
 * @module
 */

export type { EnvFeatures, EnvMirrors, FeatureOptions } from './features.ts'
export { type EnvOptions, fromEnv } from './from-env.ts'
export { sizeOf } from './values.ts'
export type { Variables } from './variables.ts'
