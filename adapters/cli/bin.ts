#!/usr/bin/env node
import { main } from './main.ts'

// Whoever reads the output may leave before the server does.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
process.exitCode = await main(process)
