/**
 * For tests of what builds on Ocikit: a registry in this process, and the contract suites that drivers pass.
 * Imports no test runner: the suites are given `test` and `expect`.
 * @module
 */

export type { Expect, Skip, TestKit } from './expect.ts'
export { type TestRegistry, testRegistry } from './registry.ts'
export { type RegistryUnderTest, registrySuite } from './registry-suite.ts'
export { type StorageUnderTest, storageSuite } from './storage-suite.ts'
