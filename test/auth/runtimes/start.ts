/** Registries with users, each in a runtime of its own. */

import { fileURLToPath } from 'node:url'
import { listen } from '../../../adapters/node/testing.ts'
import { serveSomewhere, startBun, startServer } from '../../runtimes/bun/start.ts'
import { DENO } from '../../runtimes/deno/start.ts'
import type { Running } from '../../runtimes/table.ts'
import { bundle } from '../../runtimes/workerd/bundle.ts'
import { plainly, startWorker } from '../../runtimes/workerd/start.ts'
import { optionsFor, type Way } from './kit.ts'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** A runtime: how a registry is started in it, and how it is asked. */
export interface Runtime {
  start(way: Way, pem?: string): Promise<Running>
  readonly send: (request: Request) => Promise<Response>
}

const send = (request: Request): Promise<Response> => fetch(request)
let script: Promise<string> | undefined

export const RUNTIMES: Readonly<Record<'Node' | 'Bun' | 'Deno' | 'workerd', Runtime>> = {
  Node: { start: (way, pem) => listen(optionsFor(way, pem)), send },
  Bun: {
    start: (way, pem = '') =>
      way === 'x5c'
        ? startBun([at('bun.ts'), pem])
        : serveSomewhere(
            '--sparse',
            '--user',
            'ann:secret',
            ...(way === 'Bearer' ? ['--token-service'] : []),
          ),
    send,
  },
  Deno: {
    start: (way, pem = '') =>
      startServer(DENO, ['run', '--no-prompt', '--no-lock', '--allow-net', at('deno.ts'), way, pem], {
        NO_COLOR: '1',
      }),
    send,
  },
  workerd: {
    async start(way, pem = '') {
      script ??= bundle(new URL('worker.ts', import.meta.url))
      const { url, stop } = await startWorker(await script, { bindings: { WAY: way, BUNDLE: pem } })
      return { url, close: stop }
    },
    send: plainly,
  },
}
