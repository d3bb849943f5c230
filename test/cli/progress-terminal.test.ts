/** Progress on a real terminal, made by `script` of util-linux: what is on its screen in the middle and at the end. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ListeningRegistry, listen } from '../../adapters/node/testing.ts'
import { pushArtifact, readArtifact } from '../../src/artifact/index.ts'
import { type Folder, temporaryFolder } from '../clients/process.ts'
import { describeClient } from '../clients/tools.ts'
import { shownAfter } from './terminal.ts'

const BIN = fileURLToPath(new URL('../../adapters/cli/bin.ts', import.meta.url))
const MIB = 1024 * 1024

describeClient('a real terminal, made by script', { commands: ['script'] }, () => {
  let folder: Folder
  let source: ListeningRegistry
  let slow: ListeningRegistry
  let release: () => void

  beforeAll(async () => {
    folder = await temporaryFolder()
    source = await listen()
    const large = { title: 'large.bin', open: () => new Blob([new Uint8Array(3 * MIB)]).stream() }
    const small = { title: 'small.txt', open: () => new Blob(['small']).stream() }
    await pushArtifact({ registry: source.registry, repository: 'files', reference: 'v1' }, [large, small])
  })
  beforeEach(async () => {
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    slow = await listen({
      registry: {
        ...source.registry,
        async getBlob(...args) {
          const content = await source.registry.getBlob(...args)
          if (content.descriptor.size < MIB) return content
          const held = new TransformStream<Uint8Array, Uint8Array>({
            async transform(chunk, to) {
              const half = Math.ceil(chunk.length / 2)
              to.enqueue(chunk.subarray(0, half))
              await released
              to.enqueue(chunk.subarray(half))
            },
          })
          return { ...content, stream: () => content.stream().pipeThrough(held) }
        },
      },
    })
  })
  afterEach(() => slow.close())
  afterAll(async () => {
    await source?.close()
    await folder?.remove()
  })

  /** Runs it in a terminal of 90 columns, and tells all that the terminal got. */
  async function inTerminal(
    command: string,
    env: Record<string, string>,
    look: (text: string, type: (keys: string) => void) => void,
  ): Promise<{ code: number | null; text: string }> {
    const line = `stty cols 90 rows 20; exec '${process.execPath}' '${BIN}' ${command}`
    const child = spawn('script', ['-qec', line, '/dev/null'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        TERM: 'xterm',
        SHELL: '/bin/sh',
        DOCKER_CONFIG: folder.path,
        ...env,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: 60_000,
    })
    let text = ''
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (chunk: string) => {
      text += chunk
      look(text, (keys) => child.stdin.write(keys))
    })
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, text }
  }

  test('holds only the result after bars were drawn', async () => {
    const seen = new Set<string>()
    const { code, text } = await inTerminal(
      `pull --output '${folder.at('out')}' ${slow.host}/files:v1`,
      {},
      (soFar) => {
        for (const line of shownAfter(soFar, 90).lines) if (/━.* of /.test(line)) seen.add(line)
        if ([...seen].some((line) => line.startsWith('total'))) release()
      },
    )
    expect(code).toBe(0)
    expect([...seen]).toContainEqual(expect.stringMatching(/^large\.bin /))
    const { lines, hasCursor, strange } = shownAfter(text, 90)
    expect({ hasCursor, strange }).toEqual({ hasCursor: true, strange: [] })
    expect([...lines].sort()).toEqual([
      '',
      'large.bin  3 MiB  copied',
      expect.stringMatching(/^sha256:\w{64} {2}2 files, 3 MiB$/),
      'small.txt  5 bytes  copied',
    ])
  })

  test('has its cursor back after Ctrl-C, and no colour where none is wanted', async () => {
    let isSent = false
    const { code, text } = await inTerminal(
      `copy ${slow.host}/files:v1 oci:${folder.at('layout')}`,
      { NO_COLOR: '1' },
      (soFar, type) => {
        if (isSent || !soFar.includes('total')) return
        isSent = true
        type('\u0003')
      },
    )
    release()
    const { hasCursor, lines } = shownAfter(text, 90)
    expect([code, hasCursor]).toEqual([1, true])
    expect(lines.at(-2)).toBe('ocikit: stopped; begin it again to go on where it was')
    expect(lines.some((line) => line.includes('━'))).toBe(false)
    expect(text).not.toContain('\u001b[32m')
  })

  test('shows one bar for blob --output, and none for blob', async () => {
    const { layers } = await readArtifact({ registry: source.registry, repository: 'files', reference: 'v1' })
    const { digest } = layers.find(({ title }) => title === 'large.bin')!.descriptor
    let hasBar = false
    const { code, text } = await inTerminal(
      `blob --output '${folder.at('blob')}' ${slow.host}/files@${digest}`,
      {},
      (soFar) => {
        hasBar ||= soFar.includes('total')
        if (hasBar) release()
      },
    )
    expect([code, hasBar, shownAfter(text, 90).lines]).toEqual([0, true, ['']])
  })
})
