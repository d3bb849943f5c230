import { describe, expect, test } from 'vitest'
import { createStore } from '../../src/index.ts'
import { registrySuite } from '../../src/testing/registry-suite.ts'
import { REAL, shaped } from './shapes.ts'

describe.each(Object.entries(REAL))('a registry over a storage like %s', (_, shape) => {
  registrySuite({ test, expect }, async () => ({ registry: createStore({ storage: shaped(shape) }) }))
})
