/** What the command says of itself. */

import { expect, test } from 'vitest'
import { run } from './run.ts'

test('help and version', async () => {
  for (const args of [
    ['--help'],
    ['-h'],
    ['help'],
    [],
    ['serve', '--help'],
    ['serve', '--bogus', '--help'],
  ]) {
    const { code, stdout, stderr } = await run(args)
    expect(stdout).toContain('ocikit serve [flags]')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  }
  for (const args of [['--version'], ['version'], ['serve', '--version']]) {
    expect(await run(args)).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/),
      stderr: '',
    })
  }
})
