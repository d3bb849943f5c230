/**
 * Real logins, with a password in each request and with tokens, which every client asks for in a way of its own:
 * anonymous pull, a wrong password, login, push, pull, logout.
 */

import { mkdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Engine, startEngine } from './docker-engine.ts'
import { type Folder, temporaryFolder } from './process.ts'
import { external, startRegistry, type TestRegistry } from './registry.ts'
import { makeSamples } from './samples.ts'
import { type Client, client, describeClient } from './tools.ts'

/** How a client does what every one does. `to` is host and name, `by` this client's way to say who calls. */
interface Acts {
  login(password: string): Promise<string>
  wrong(): Promise<string>
  push(name: string): Promise<unknown>
  refused(name: string): Promise<string>
  pull(name: string): Promise<unknown>
  cannotPull(name: string): Promise<string>
  logout(): Promise<unknown>
  /** It wants a password before it pulls what is public, when the challenge is Basic. */
  readonly insists?: boolean
}

const NO =
  /unauthorized|authentication required|401|403|denied|basic (?:auth )?credential|incorrect username or password|invalid username/i

/** Everybody reads `public`, ann writes everywhere, and nobody else anything. */
const POLICY = {
  rules: [
    { who: 'everyone', repositories: 'public/**', allow: 'read' },
    { who: 'user:ann', allow: 'all' },
  ],
}

function everyLogin(acts: (registry: TestRegistry, folder: Folder) => Promise<Acts>): void {
  describe.skipIf(external !== undefined).each(['Basic', 'tokens'])('%s', (scheme) => {
    let folder: Folder
    let registry: TestRegistry
    let it: Acts

    beforeAll(async () => {
      folder = await temporaryFolder()
      await mkdir(folder.at('docker'))
      await writeFile(folder.at('auth.json'), '{}')
      await writeFile(folder.at('policy.json'), JSON.stringify(POLICY))
      const flags = ['--user', 'ann:a:secret', '--policy', folder.at('policy.json')]
      registry = await startRegistry(...flags, ...(scheme === 'tokens' ? ['--token-service'] : []))
      it = await acts(registry, folder)
    })

    afterAll(async () => {
      await registry?.stop()
      await folder?.remove()
    })

    test('a wrong password is told so, the right one pushes and pulls, and after logout only what is public is left', async () => {
      expect(await it.refused('private/a:1')).toMatch(NO)
      expect(await it.wrong()).toMatch(NO)
      await it.login('a:secret')
      for (const name of ['private/a:1', 'public/a:1']) {
        await it.push(name)
        await it.pull(name)
      }
      await it.logout()
      expect(await it.cannotPull('private/a:1')).toMatch(NO)
      if (it.insists && scheme === 'Basic') expect(await it.cannotPull('public/a:1')).toMatch(NO)
      else await it.pull('public/a:1')
      expect(await it.refused('public/a:2')).toMatch(NO)
    })
  })
}

const plain = ['--src-tls-verify=false', '--dest-tls-verify=false']

describeClient('logins: skopeo', { commands: ['skopeo'] }, () =>
  everyLogin(async ({ host }, folder) => {
    const { layout } = await makeSamples(folder.at('layout'))
    const skopeo = client('skopeo', [], {
      env: { HOME: folder.path, REGISTRY_AUTH_FILE: folder.at('auth.json') },
    })
    const login = (password: string) => ['login', '--tls-verify=false', '-u', 'ann', '-p', password, host]
    const push = (name: string) => [
      'copy',
      ...plain,
      `oci:${layout.folder}:image`,
      `docker://${host}/${name}`,
    ]
    const pull = (name: string) => ['inspect', '--tls-verify=false', `docker://${host}/${name}`]
    return acts(skopeo, login, push, pull, () => skopeo.ok('logout', host))
  }),
)

describeClient('logins: podman', { commands: ['podman'], root: true }, () =>
  everyLogin(async ({ host }, folder) => {
    const folders = ['--root', folder.at('root'), '--runroot', folder.at('run'), '--tmpdir', folder.at('tmp')]
    const rest = ['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--events-backend', 'none']
    const roots = [...folders, ...rest]
    const podman = client('podman', roots, {
      env: { HOME: folder.path, REGISTRY_AUTH_FILE: folder.at('auth.json') },
    })
    const { layout } = await makeSamples(folder.at('layout'))
    await podman.ok('pull', '--quiet', `oci:${layout.folder}:image`)
    const [image = ''] = (await podman.ok('images', '--quiet', '--no-trunc')).split('\n')
    const login = (password: string) => ['login', '--tls-verify=false', '-u', 'ann', '-p', password, host]
    const push = (name: string) => ['push', '--tls-verify=false', image, `${host}/${name}`]
    const pull = (name: string) => ['pull', '--quiet', '--tls-verify=false', `${host}/${name}`]
    return acts(podman, login, push, pull, () => podman.ok('logout', host))
  }),
)

describeClient('logins: buildah', { commands: ['buildah'], root: true }, () =>
  everyLogin(async ({ host }, folder) => {
    const roots = ['--root', folder.at('root'), '--runroot', folder.at('run'), '--storage-driver', 'vfs']
    const buildah = client('buildah', roots, {
      env: { HOME: folder.path, REGISTRY_AUTH_FILE: folder.at('auth.json') },
    })
    const { layout } = await makeSamples(folder.at('layout'))
    const image = (await buildah.ok('pull', '--quiet', `oci:${layout.folder}:image`)).trim()
    const login = (password: string) => ['login', '--tls-verify=false', '-u', 'ann', '-p', password, host]
    const push = (name: string) => ['push', '--tls-verify=false', image, `docker://${host}/${name}`]
    const pull = (name: string) => [
      'pull',
      '--quiet',
      '--policy=always',
      '--tls-verify=false',
      `docker://${host}/${name}`,
    ]
    return acts(buildah, login, push, pull, () => buildah.ok('logout', host))
  }),
)

describeClient('logins: oras', { commands: ['oras'] }, () =>
  everyLogin(async ({ host }, folder) => {
    await writeFile(folder.at('note.txt'), 'a note')
    const env = { HOME: folder.path, DOCKER_CONFIG: folder.at('docker') }
    const oras = client('oras', [], { env, cwd: folder.path })
    const login = (password: string) => ['login', '--plain-http', '-u', 'ann', '-p', password, host]
    const push = (name: string) => ['push', '--plain-http', `${host}/${name}`, 'note.txt']
    const pull = (name: string) => ['pull', '--plain-http', `${host}/${name}`, '--output', folder.at('out')]
    return acts(oras, login, push, pull, () => oras.ok('logout', host))
  }),
)

describeClient('logins: crane', { commands: ['crane'] }, () =>
  everyLogin(async ({ host }, folder) => {
    await writeFile(folder.at('tar'), Buffer.alloc(10_240))
    const crane = client('crane', [], { env: { HOME: folder.path, DOCKER_CONFIG: folder.at('docker') } })
    const login = (password: string) => ['auth', 'login', host, '-u', 'ann', '-p', password]
    const push = (name: string) => [
      'append',
      '--insecure',
      '-f',
      folder.at('tar'),
      '-t',
      `${host}/${name}`,
      '--oci-empty-base',
    ]
    const pull = (name: string) => ['manifest', '--insecure', `${host}/${name}`]
    const all = acts(crane, login, push, pull, () => crane.ok('auth', 'logout', host))
    // It keeps whatever it is given, and asks nobody: what is wrong shows with the next pull.
    const wrong = async () => {
      await crane.ok(...login('wrong'))
      return crane.fails(...pull('private/a:1'))
    }
    return { ...all, wrong }
  }),
)

describeClient('logins: regctl', { commands: ['regctl'] }, () =>
  everyLogin(async ({ host }, folder) => {
    const { layout } = await makeSamples(folder.at('layout'))
    const env = { HOME: folder.path, DOCKER_CONFIG: folder.at('docker'), REGCTL_CONFIG: folder.at('regctl') }
    const regctl = client('regctl', [], { env })
    await regctl.ok('registry', 'set', host, '--tls', 'disabled', '--skip-check')
    const login = (password: string) => ['registry', 'login', host, '-u', 'ann', '-p', password]
    const push = (name: string) => ['image', 'copy', `ocidir://${layout.folder}:image`, `${host}/${name}`]
    const pull = (name: string) => ['manifest', 'get', `${host}/${name}`]
    return acts(regctl, login, push, pull, () => regctl.ok('registry', 'logout', host))
  }),
)

describeClient('logins: helm', { commands: ['helm'] }, () =>
  everyLogin(async ({ host }, folder) => {
    const homes = Object.fromEntries(
      ['CACHE', 'CONFIG', 'DATA'].map((home) => [`HELM_${home}_HOME`, folder.at(home)]),
    )
    const env = { HOME: folder.path, DOCKER_CONFIG: folder.at('docker'), ...homes }
    const helm = client('helm', [], { env })
    await mkdir(folder.at('a', 'templates'), { recursive: true })
    await writeFile(folder.at('a', 'Chart.yaml'), 'apiVersion: v2\nname: a\nversion: 0.0.0\n')
    for (const version of ['1.0.0', '2.0.0'])
      await helm.ok('package', folder.at('a'), '--version', version, '--destination', folder.path)
    const login = (password: string) => [
      'registry',
      'login',
      '--plain-http',
      host,
      '--username',
      'ann',
      '--password',
      password,
    ]
    // `private/a:1` is the chart `a` of version 1.0.0 in `private`.
    const parts = (name: string) => /^(.*)\/a:(.)$/.exec(name)!.slice(1)
    const push = (name: string) => {
      const [space, version] = parts(name)
      return ['push', '--plain-http', folder.at(`a-${version}.0.0.tgz`), `oci://${host}/${space}`]
    }
    const pull = (name: string) => {
      const [space, version] = parts(name)
      return ['show', 'chart', '--plain-http', `oci://${host}/${space}/a`, '--version', `${version}.0.0`]
    }
    return acts(helm, login, push, pull, () => helm.ok('registry', 'logout', host))
  }),
)

describeClient('logins: docker', { commands: ['docker', 'dockerd'], root: true }, () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await startEngine()
  }, 120_000)
  afterAll(() => engine?.stop())

  everyLogin(async ({ host }) => {
    const { docker } = engine
    const login = (password: string) => ['login', '-u', 'ann', '-p', password, host]
    const push = (name: string) => ['push', `${host}/${name}`]
    const pull = (name: string) => ['pull', `${host}/${name}`]
    const tagged = (name: string) => docker.ok('tag', 'sample:1', `${host}/${name}`)
    const all = acts(docker, login, push, pull, () => docker.ok('logout', host))
    return {
      ...all,
      insists: true,
      push: async (name) => {
        await tagged(name)
        await all.push(name)
      },
      refused: async (name) => {
        await tagged(name)
        return all.refused(name)
      },
    }
  })
})

function acts(
  client: Client,
  login: (password: string) => string[],
  push: (name: string) => string[],
  pull: (name: string) => string[],
  logout: () => Promise<unknown>,
): Acts {
  return {
    login: (password) => client.told(...login(password)),
    wrong: () => client.fails(...login('wrong')),
    push: (name) => client.ok(...push(name)),
    refused: (name) => client.fails(...push(name)),
    pull: (name) => client.ok(...pull(name)),
    cannotPull: (name) => client.fails(...pull(name)),
    logout,
  }
}
