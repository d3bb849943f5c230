/**
 * helm packages charts, pushes and pulls them.
 * @module
 */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { manifestOf, tagsOf } from './api.ts'
import { digest } from './images.ts'
import { type Folder, temporaryFolder } from './process.ts'
import { external, startRegistry, type TestRegistry } from './registry.ts'
import { type Client, client, describeClient } from './tools.ts'

const plain = '--plain-http'

describeClient('helm', { commands: ['helm'] }, () => {
  let folder: Folder
  let registry: TestRegistry
  let helm: Client

  const remote = (name: string) => `oci://${registry.host}/helm/${name}`
  /** Packages the chart under a version. */
  const pack = async (version: string) => {
    await helm.ok('package', folder.at('chart'), '--version', version, '--destination', folder.path)
    return folder.at(`chart-${version}.tgz`)
  }
  const push = async (version: string, name: string) =>
    helm.told('push', plain, await pack(version), remote(name))

  beforeAll(async () => {
    folder = await temporaryFolder()
    registry = await startRegistry()
    const home = { HOME: folder.path, DOCKER_CONFIG: folder.at('docker') }
    const names = ['HELM_CACHE_HOME', 'HELM_CONFIG_HOME', 'HELM_DATA_HOME']
    const homes = Object.fromEntries(names.map((name) => [name, folder.at(name)]))
    helm = client('helm', [], { env: { ...home, ...homes } })
    await mkdir(folder.at('chart', 'templates'), { recursive: true })
    const template = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n'
    await writeFile(folder.at('chart', 'templates', 'map.yaml'), `${template}data:\n  a: {{ .Values.a }}\n`)
    await writeFile(folder.at('chart', 'Chart.yaml'), 'apiVersion: v2\nname: chart\nversion: 0.0.0\n')
    await writeFile(folder.at('chart', 'values.yaml'), `a: ${folder.path}\n`)
  })

  afterAll(async () => {
    await registry?.stop()
    await folder?.remove()
  })

  test('pushes a chart and pulls the same one', async () => {
    const told = await push('1.0.0', 'pushed')
    const { type, manifest } = await manifestOf(registry, 'helm/pushed/chart', '1.0.0')
    expect(type).toBe('application/vnd.oci.image.manifest.v1+json')
    expect(manifest.config?.mediaType).toBe('application/vnd.cncf.helm.config.v1+json')
    const archive = await readFile(folder.at('chart-1.0.0.tgz'))
    expect(manifest.layers).toMatchObject([
      { mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', digest: digest(archive) },
    ])
    await mkdir(folder.at('pulled'))
    const pulled = ['--version', '1.0.0', '--destination', folder.at('pulled')]
    await helm.ok('pull', plain, remote('pushed/chart'), ...pulled)
    expect(await readFile(folder.at('pulled', 'chart-1.0.0.tgz'))).toEqual(archive)
    const named = /Digest: (sha256:\S+)/.exec(told)?.[1]
    await helm.ok(
      'pull',
      plain,
      `${remote('pushed/chart')}@${named}`,
      '--untar',
      '--untardir',
      folder.at('by'),
    )
    expect(await readFile(folder.at('by', 'chart', 'values.yaml'), 'utf8')).toContain(folder.path)
  })

  test('pushes a chart with its provenance', async () => {
    const archive = await pack('1.1.0')
    await writeFile(`${archive}.prov`, 'signed by nobody')
    await helm.ok('push', plain, archive, remote('signed'))
    const { manifest } = await manifestOf(registry, 'helm/signed/chart', '1.1.0')
    const types = manifest.layers?.map((layer) => layer.mediaType)
    expect(types).toContain('application/vnd.cncf.helm.chart.provenance.v1.prov')
    await mkdir(folder.at('signed'))
    await helm.ok('pull', plain, '--prov', remote('signed/chart'), '--destination', folder.at('signed'))
    expect(await readFile(folder.at('signed', 'chart-1.1.0.tgz.prov'), 'utf8')).toBe('signed by nobody')
  })

  test('shows, renders and takes as a dependency', async () => {
    await push('1.2.0', 'shown')
    const name = remote('shown/chart')
    expect(await helm.ok('show', 'chart', plain, name)).toContain('version: 1.2.0')
    expect(await helm.ok('show', 'values', plain, name, '--version', '1.2.0')).toContain(folder.path)
    expect(await helm.ok('template', 'release', plain, name)).toContain(`a: ${folder.path}`)
    await mkdir(folder.at('parent'))
    const dependency = `dependencies:\n- name: chart\n  version: ^1.0.0\n  repository: ${remote('shown')}\n`
    const parent = `apiVersion: v2\nname: parent\nversion: 1.0.0\n${dependency}`
    await writeFile(folder.at('parent', 'Chart.yaml'), parent)
    await helm.ok('dependency', 'update', plain, folder.at('parent'))
    const taken = await readFile(folder.at('parent', 'charts', 'chart-1.2.0.tgz'))
    expect(taken).toEqual(await readFile(folder.at('chart-1.2.0.tgz')))
  })

  test('writes _ for the + of a version, and finds it', async () => {
    await push('2.0.0+build.1', 'plus')
    expect(await tagsOf(registry, 'helm/plus/chart')).toEqual(['2.0.0_build.1'])
    await mkdir(folder.at('plus'))
    const flags = ['--version', '2.0.0+build.1', '--destination', folder.at('plus')]
    await helm.ok('pull', plain, remote('plus/chart'), ...flags)
    expect(
      await helm.ok('show', 'chart', plain, remote('plus/chart'), '--version', '2.0.0+build.1'),
    ).toContain('version: 2.0.0+build.1')
  })

  test('finds the newest of many versions, and the newest of a range', async () => {
    for (const version of ['3.0.0', '3.10.0', '3.9.0', '4.0.0-rc.1']) await push(version, 'many')
    const shown = (...flags: string[]) => helm.ok('show', 'chart', plain, remote('many/chart'), ...flags)
    expect(await shown()).toContain('version: 3.10.0')
    expect(await shown('--version', '<3.10.0')).toContain('version: 3.9.0')
    expect(await shown('--devel')).toContain('version: 4.0.0-rc.1')
  })

  test('says that a chart is not there', async () => {
    const told = await helm.fails('pull', plain, remote('never/chart'), '--version', '1.0.0')
    expect(told).toMatch(/not found/)
    expect(await helm.fails('show', 'chart', plain, remote('never/chart'))).toMatch(/404: name unknown/)
  })

  describe.skipIf(external !== undefined)('with a password', () => {
    let closed: TestRegistry
    let chart: string

    beforeAll(async () => {
      closed = await startRegistry('--user', 'ann:secret')
      chart = await pack('5.0.0')
    })

    afterAll(() => closed?.stop())

    const login = (password: string) =>
      ['registry', 'login', plain, closed.host, '--username', 'ann', '--password', password] as const
    const refused = /401|unauthorized|denied|basic credential/i

    test('is refused without the right one', async () => {
      expect(await helm.fails('push', plain, chart, `oci://${closed.host}/helm`)).toMatch(refused)
      expect(await helm.fails(...login('wrong'))).toMatch(refused)
      const name = `oci://${closed.host}/helm/chart`
      expect(await helm.fails('pull', plain, name, '--version', '5.0.0')).toMatch(refused)
    })

    test('pushes and pulls with the right one', async () => {
      const name = `oci://${closed.host}/helm/chart`
      expect(await helm.told(...login('secret'))).toContain('Login Succeeded')
      await helm.ok('push', plain, chart, `oci://${closed.host}/helm`)
      expect(await helm.ok('show', 'chart', plain, name)).toContain('version: 5.0.0')
      await helm.ok('registry', 'logout', closed.host)
      expect(await helm.fails('show', 'chart', plain, name)).toMatch(refused)
      const user = ['--username', 'ann', '--password', 'secret']
      expect(await helm.ok('show', 'chart', plain, name, ...user)).toContain('version: 5.0.0')
    })
  })
})
