#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'
import { main } from './main.ts'

/** Commands that pass on many bytes and keep nothing. */
const PASSING = ['copy', 'sync', 'blob', 'push', 'pull']

// What they make of each chunk is soon dead: looked for in one megabyte rather than sixteen, it costs less time and half
// of the memory. Bun has another engine.
if (PASSING.includes(process.argv[2] ?? '') && !('Bun' in globalThis))
  setFlagsFromString('--semi-space-growth-factor=1')

// Whoever reads the output may leave before the server does.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
process.exitCode = await main(process)
