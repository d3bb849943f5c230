/** A wire that fails: that of `ocikit/testing`. */
export { type Faults, faultyFetch as faulty } from '../../src/testing/index.ts'
