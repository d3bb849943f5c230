/** Every defect of other registries that we know of, by source. */

import { type Defect, defectsOf } from './defect.ts'
import { dockerCode } from './docker-code.ts'
import { dockerWhole } from './docker-whole.ts'
import { elixir } from './elixir.ts'
import { rust } from './rust.ts'
import { serverless } from './serverless.ts'
import { common, distribution, ggcr, olareg, zot } from './servers.ts'

/** How many numbers each source has, by what stands before the number. Letters are not counted. */
export const COUNTS: Readonly<Record<string, number>> = {
  'docker 1.': 28,
  'docker 2.': 8,
  'elixir A3.': 17,
  'rust B3.': 11,
  'serverless 2.': 3,
  'serverless 3.': 5,
  'distribution ': 9,
  'zot ': 10,
  'olareg ': 6,
  'ggcr ': 3,
  'common ': 2,
}

export const defects: readonly Defect[] = [
  ...defectsOf('docker', [...dockerCode, ...dockerWhole]),
  ...defectsOf('elixir', elixir),
  ...defectsOf('rust', rust),
  ...defectsOf('serverless', serverless),
  ...defectsOf('distribution', distribution),
  ...defectsOf('zot', zot),
  ...defectsOf('olareg', olareg),
  ...defectsOf('ggcr', ggcr),
  ...defectsOf('common', common),
]
