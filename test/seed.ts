/**
 * Gives every property one seed, if `OCIKIT_SEED` is set: the gate is the same each time, runs by hand are not.
 * @module
 */

import fc from 'fast-check'

const seed = process.env['OCIKIT_SEED']
if (seed) fc.configureGlobal({ seed: Number(seed) | 0 })
