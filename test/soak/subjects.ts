/**
 * What a soak is about: a registry that can be killed, and started again over what it has left.
 * @module
 */

import { fileURLToPath } from 'node:url'
import { type Daemon, startDaemon, temporaryFolder } from '../clients/process.ts'
import { bundle } from '../runtimes/workerd/bundle.ts'
import { type RunningWorker, startWorker } from '../runtimes/workerd/start.ts'
import { newBucket } from './bucket.ts'
import type { FastClock } from './clock.ts'

/** A registry over a storage that outlives it. */
export interface Subject {
  /** Starts it. @returns its URL. */
  start(): Promise<string>
  /** Ends it as a power button would. */
  kill(): Promise<void>
  /** What it has said since it was started for the first time. */
  output(): string
  /** Kills it, and lets go of its storage. */
  close(): Promise<void>
}

/** A process over a folder. */
export async function onFolder(clock: FastClock): Promise<Subject> {
  const folder = await temporaryFolder()
  return asProcess(['fs', folder.at('data')], clock, () => folder.remove())
}

/** A process over a bucket. */
export async function onBucket(clock: FastClock): Promise<Subject> {
  const { options, close } = await newBucket()
  return asProcess(['s3', options], clock, close)
}

function asProcess(storage: readonly string[], clock: FastClock, close: () => Promise<void>): Subject {
  const script = fileURLToPath(new URL('server.ts', import.meta.url))
  let said = ''
  let daemon: Daemon | undefined
  const kill = async (): Promise<void> => {
    await daemon?.stop('SIGKILL')
    said += daemon?.output() ?? ''
    daemon = undefined
  }
  return {
    async start() {
      let url = ''
      const args = [script, ...storage, String(clock.start)]
      daemon = await startDaemon(process.execPath, args, (output) => {
        url = /^listening (\S+)$/m.exec(output)?.[1] ?? ''
        return url !== ''
      })
      return url
    },
    kill,
    output: () => said + (daemon?.output() ?? ''),
    async close() {
      await kill()
      await close()
    },
  }
}

/** A Worker over R2. The emulator of the bucket is part of the process and is killed with it; its files stay. */
export async function onR2(clock: FastClock): Promise<Subject> {
  const script = await bundle(new URL('worker.ts', import.meta.url))
  const folder = await temporaryFolder()
  let worker: RunningWorker | undefined
  const kill = async (): Promise<void> => {
    // This is a SIGKILL.
    await worker?.stop()
    worker = undefined
  }
  return {
    async start() {
      worker = await startWorker(script, {
        data: folder.at('data'),
        bindings: { START: String(clock.start) },
      })
      return worker.url
    },
    kill,
    output: () => '',
    async close() {
      await kill()
      await folder.remove()
    },
  }
}
