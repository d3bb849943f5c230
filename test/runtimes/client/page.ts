/** Runs the suite of the client in a page, against the server that `?registry=` names, and tells the outcomes. */

import { outcomesOf } from '../report.ts'
import { clientSuite } from './suite.ts'

/** A page, as far as this is one: the types of browsers redeclare the globals of others. */
const { location } = globalThis as unknown as { readonly location: { readonly search: string } }
const registry = new URLSearchParams(location.search).get('registry')!
const outcomes = await outcomesOf((kit) => clientSuite(kit, registry, { streams: false }))
await fetch('/outcomes', { method: 'POST', body: JSON.stringify(outcomes) })
