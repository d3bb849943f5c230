/**
 * Gives every property one seed, from `OCIKIT_SEED`: the gate is the same each time, runs by hand are not.
 * @module
 */

import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['OCIKIT_SEED']) | 0 })
