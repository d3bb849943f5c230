import { specOn } from '../table.ts'
import { serveFolder, serveKv, somewhere } from './start.ts'

specOn({ name: 'deno with fs', start: (options) => somewhere(serveFolder, options) })
specOn({ name: 'deno with kv', start: (options) => somewhere(serveKv, options) })
