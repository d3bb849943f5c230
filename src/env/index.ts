/**
 * Options from variables, whose names begin with `OCIKIT_`: one table for the command and for every runtime.
 * @module
 */

export { type EnvOptions, fromEnv } from './from-env.ts'
export { originsOf, quotaOf, sizeOf, switchOf, userOf } from './values.ts'
export { nameOf, type Variables, variable } from './variables.ts'
