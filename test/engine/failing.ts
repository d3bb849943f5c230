/** A storage one of whose calls goes wrong: that of `ocikit/testing`. */
export {
  FaultError,
  type FaultyStorage as Failing,
  faultyStorage as failing,
  type Mishap,
  mishapping,
} from '../../src/testing/faulty-storage.ts'
