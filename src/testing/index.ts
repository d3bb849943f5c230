/**
 * For tests of what builds on Ocikit: a registry in this process, content for it, wires and storages that fail, and the
 * contract suites that drivers and registries pass. Imports no test runner: the suites are given `test` and `expect`.
 * @module
 */

export type { Expect, Skip, TestKit } from './expect.ts'
export { type Faults, type FaultyFetch, faultyFetch } from './faulty-fetch.ts'
export { FaultError, type FaultyStorage, faultyStorage, type Mishap } from './faulty-storage.ts'
export {
  type BlobFixture,
  type CommonFixture,
  type Filled,
  fill,
  type ImageFixture,
  type IndexFixture,
  type Platform,
  type RepositoryFixture,
} from './fixtures.ts'
export { type RecordedRequest, type Recorder, recorder, type Send } from './recorder.ts'
export { type TestRegistry, testRegistry } from './registry.ts'
export { type RegistryUnderTest, registrySuite } from './registry-suite.ts'
export { type StorageUnderTest, storageSuite } from './storage-suite.ts'
