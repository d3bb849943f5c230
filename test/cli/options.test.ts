import { expect, test } from 'vitest'
import { readOptions } from '../../adapters/cli/server/options.ts'
import { run } from './run.ts'

const PASSWORD = 'pa55word'

const bad: [args: string[], env: Record<string, string>, message: string][] = [
  [['bogus'], {}, 'unknown command'],
  [['__proto__'], {}, 'unknown command'],
  [['serve', '--bogus'], {}, "Unknown option '--bogus'"],
  [['serve', `--usr=a:${PASSWORD}`], {}, "Unknown option '--usr'"],
  [['serve', `a:${PASSWORD}`], {}, 'serve takes flags only'],
  [['serve', '--', `a:${PASSWORD}`], {}, 'serve takes flags only'],
  [['serve', '--user'], {}, "Option '--user <value>' argument missing"],
  [['serve', '--user', '--memory'], {}, "Option '--user' argument is ambiguous"],
  [['serve', '--user', PASSWORD], {}, '--user must be name:password'],
  [['serve', '--user', `:${PASSWORD}`], {}, '--user must be name:password'],
  [['serve', '--user', 'a:'], {}, '--user must be name:password'],
  [['serve', '--user', `a:${PASSWORD}\n`], {}, '--user must be name:password'],
  [['serve', '--user', `a:${PASSWORD}`, '--user', `a:${PASSWORD}2`], {}, '--user has the same name twice'],
  [['serve'], { OCIKIT_USER: PASSWORD }, '--user must be name:password'],
  [['serve', '--memory=yes'], {}, "Option '--memory' does not take an argument"],
  [['serve', '--memory', '--data', 'x'], {}, 'memory and a data folder exclude each other'],
  [['serve'], { OCIKIT_MEMORY: '1', OCIKIT_DATA: 'x' }, 'memory and a data folder exclude each other'],
  [['serve', '--data', ''], {}, '--data needs a folder'],
  [['serve', '--port', '65536'], {}, '--port must be a number from 0 to 65535'],
  [['serve', '--port', '-1'], {}, "Option '--port' argument is ambiguous"],
  [['serve', '--port=-1'], {}, '--port must be a number from 0 to 65535'],
  [['serve', '--port', '5e3'], {}, '--port must be a number from 0 to 65535'],
  [['serve', '--port', ''], {}, '--port must be a number from 0 to 65535'],
  [['serve'], { OCIKIT_PORT: 'http' }, '--port must be a number from 0 to 65535'],
  [['serve', '--host', ''], {}, '--host must be an address or a name'],
  [['serve', '--host', 'a b'], {}, '--host must be an address or a name'],
  [['serve', '--host', '0.0.0.0'], {}, 'refusing to listen on "0.0.0.0" without a user'],
  [['serve', '--host', '::'], {}, 'refusing to listen on "::" without a user'],
  [
    ['serve', '--host', '127.0.0.1.example.com'],
    {},
    'refusing to listen on "127.0.0.1.example.com" without a user',
  ],
  [['serve'], { OCIKIT_HOST: '10.0.0.1' }, 'refusing to listen on "10.0.0.1" without a user'],
  [['serve', '--max-manifest-size', '0'], {}, '--max-manifest-size must be a number of bytes'],
  [['serve', '--max-manifest-size', '4TB'], {}, '--max-manifest-size must be a number of bytes'],
  [['serve', '--max-blob-size', '1.5G'], {}, '--max-blob-size must be a number of bytes'],
  [['serve', '--max-blob-size', '9007199254740992'], {}, '--max-blob-size must be a number of bytes'],
  [['serve', '--gc-grace', '59m'], {}, '--gc-grace must be from 1h to 365d'],
  [['serve', '--gc-grace', '24'], {}, '--gc-grace must be a time'],
  [['serve'], { OCIKIT_GC_INTERVAL: '30s' }, '--gc-interval must be from 1m to 20d, or 0 for never'],
  [['serve', '--gc-interval', '25d'], {}, '--gc-interval must be from 1m to 20d, or 0 for never'],
  [['serve', '--redirect'], {}, '--redirect needs a bucket'],
  [['serve', '--memory'], { OCIKIT_REDIRECT: '1' }, '--redirect needs a bucket'],
  [['serve', '--tls-cert', 'c.pem'], {}, '--tls-cert and --tls-key go together'],
  [['serve', '--public-url', 'r.example'], {}, '--public-url must be as in https://registry.example'],
  [['serve', '--trust-proxy', 'proxy'], {}, '--trust-proxy: "proxy" is no address'],
  [['serve', '--token-service'], {}, '--token-service needs somebody who can log in'],
  [['serve', '--config', '/nowhere/c.json'], {}, '--config /nowhere/c.json: there is no such file'],
  [['serve', '--memory', '--htpasswd', '/nowhere/h'], {}, '--htpasswd /nowhere/h: there is no such file'],
  [['serve', '--memory', '--policy', '/nowhere/p'], {}, '--policy /nowhere/p: there is no such file'],
  [['serve', '--memory', '--tls-cert', '/nowhere/c', '--tls-key', 'k'], {}, '--tls-cert /nowhere/c'],
  [['token'], {}, 'token needs a file of keys'],
  [['token', 'make', '--tokens', 't'], {}, 'token needs create, list or revoke'],
  [['token', 'create', '--tokens', 't', '--name', 'x'], {}, 'token create needs --name and --subject'],
  [['token', 'create', PASSWORD, '--tokens', 't'], {}, 'token create takes flags only'],
  [['token', 'revoke', '--tokens', '/nowhere/t'], {}, 'token revoke needs the id of a key'],
  [['serve', '--cors', 'example.com'], {}, '--cors must be * or an origin'],
  [['serve', '--cors', 'https://example.com/'], {}, '--cors must be * or an origin'],
  [['serve', '--log', 'xml'], {}, '--log must be json, text or off'],
  [['serve'], { OCIKIT_LOG_LEVEL: 'loud' }, '--log-level must be debug, info, warn or error'],
  [['serve'], { OCIKIT_MEMORY: 'on' }, 'OCIKIT_MEMORY must be 1, true, yes, 0, false or no'],
  [
    ['serve'],
    { OCIKIT_DELETE: '1', OCIKIT_NO_DELETE: '1' },
    'OCIKIT_DELETE and OCIKIT_NO_DELETE contradict each other',
  ],
]

test.each(bad)('%j %j is refused in one line', async (args, env, message) => {
  const { code, stdout, stderr } = await run(args, env)
  expect(stderr).toMatch(/^ocikit: [^\n]+\n$/)
  expect(stderr.slice('ocikit: '.length)).toContain(message)
  expect(stderr).not.toContain(PASSWORD)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})

const HOUR = 3_600_000

/** Without any flag about limits and looking at it. */
const watch = { readOnly: false, immutableTags: [], health: false, metrics: false }

test('defaults', () => {
  expect(readOptions([], {})).toEqual({
    host: '127.0.0.1',
    port: 5000,
    data: './data',
    auth: { users: [], anonymousPull: false, tokenService: false },
    delete: true,
    sparse: false,
    redirect: false,
    quotas: [],
    gcGrace: 24 * HOUR,
    gcInterval: HOUR,
    watch,
    log: 'text',
    logLevel: 'info',
  })
})

const flags = [
  [
    '--host',
    '[::1]',
    '--port',
    '0',
    '--memory',
    '--user',
    'a:b:c',
    '--user',
    'd:e f',
    '--no-delete',
    '--sparse',
  ],
  ['--htpasswd', 'h', '--tokens', 't', '--policy', 'p', '--anonymous-pull', '--token-service'],
  ['--tls-cert', 'c', '--tls-key', 'k', '--public-url', 'https://r.example', '--trust-proxy', '10.0.0.0/8'],
  ['--trust-proxy', '::1'],
  ['--max-manifest-size', '8MiB', '--max-blob-size', '2g', '--cors', 'https://a.example', '--log', 'json'],
  ['--log-level', 'warn'],
  ['--quota', 'team=1GiB,20', '--quota', '*=,500', '--gc-grace', '2d', '--gc-interval', '30m'],
  ['--mirror', 'docker.io=https://hub.example', '--mirror', 'ghcr.io', '--mirror-ttl', '5m'],
  ['--mirror-max-size', '50GiB', '--mirror-offline'],
].flat()

const variables = {
  OCIKIT_HOST: '::1',
  OCIKIT_PORT: '0',
  OCIKIT_MEMORY: 'yes',
  OCIKIT_USER: 'a:b:c\nd:e f\n',
  OCIKIT_HTPASSWD: 'h',
  OCIKIT_TOKENS: 't',
  OCIKIT_POLICY: 'p',
  OCIKIT_ANONYMOUS_PULL: '1',
  OCIKIT_TOKEN_SERVICE: 'yes',
  OCIKIT_TLS_CERT: 'c',
  OCIKIT_TLS_KEY: 'k',
  OCIKIT_PUBLIC_URL: 'https://r.example',
  OCIKIT_TRUST_PROXY: '10.0.0.0/8, ::1',
  OCIKIT_NO_DELETE: 'true',
  OCIKIT_SPARSE: '1',
  OCIKIT_MAX_MANIFEST_SIZE: '8388608',
  OCIKIT_MAX_BLOB_SIZE: '2GiB',
  OCIKIT_QUOTA: 'team=1G,20\r\n*=,500\n',
  OCIKIT_GC_GRACE: '48h',
  OCIKIT_GC_INTERVAL: '1800s',
  OCIKIT_MIRROR: 'docker.io=https://hub.example, ghcr.io',
  OCIKIT_MIRROR_TTL: '300s',
  OCIKIT_MIRROR_MAX_SIZE: '50G',
  OCIKIT_MIRROR_OFFLINE: 'yes',
  OCIKIT_CORS: ' https://a.example, ',
  OCIKIT_LOG: 'json',
  OCIKIT_LOG_LEVEL: 'warn',
}

test('every flag is also a variable', () => {
  const options = {
    host: '::1',
    port: 0,
    data: null,
    auth: {
      users: [
        { name: 'a', password: 'b:c' },
        { name: 'd', password: 'e f' },
      ],
      htpasswd: 'h',
      tokens: 't',
      policy: 'p',
      anonymousPull: true,
      tokenService: true,
    },
    tls: { cert: 'c', key: 'k' },
    publicUrl: 'https://r.example',
    trustProxy: ['10.0.0.0/8', '::1'],
    delete: false,
    sparse: true,
    redirect: false,
    maxManifestSize: 2 ** 23,
    maxBlobSize: 2 ** 31,
    quotas: [
      { prefix: 'team', bytes: 2 ** 30, manifests: 20 },
      { prefix: '*', manifests: 500 },
    ],
    gcGrace: 48 * HOUR,
    gcInterval: HOUR / 2,
    watch,
    mirrors: {
      upstreams: [
        { host: 'docker.io', url: 'https://hub.example' },
        { host: 'ghcr.io', url: 'ghcr.io' },
      ],
      ttl: 300_000,
      maxBytes: 50 * 1024 ** 3,
      offline: true,
    },
    cors: ['https://a.example'],
    log: 'json',
    logLevel: 'warn',
  }
  expect(readOptions(flags, {})).toEqual(options)
  expect(readOptions([], variables)).toEqual(options)
})

test('blobs are left to a bucket by a flag or a variable', () => {
  expect(readOptions(['--data', 's3://images', '--redirect'], {}).redirect).toBe(true)
  expect(readOptions([], { OCIKIT_DATA: 's3://images', OCIKIT_REDIRECT: 'yes' }).redirect).toBe(true)
})

test('flags win over variables', () => {
  const other = [
    '--host',
    'localhost',
    '--port',
    '1',
    '--data',
    'x',
    '--user',
    'z:z',
    '--delete',
    '--no-sparse',
    ...['--htpasswd', 'H', '--no-anonymous-pull', '--tls-key', 'K'],
    ...['--public-url', 'https://s.example', '--trust-proxy', '*'],
  ]
  const sizes = ['--max-manifest-size', '1', '--max-blob-size', '1K', '--cors', '*', '--log', 'off']
  sizes.push('--log-level', 'error')
  const times = ['--quota', 'a=1', '--gc-grace', '1h', '--gc-interval', '0']
  const mirrors = [
    '--mirror',
    'quay.io',
    '--mirror-ttl',
    '0',
    '--mirror-max-size',
    '1K',
    '--no-mirror-offline',
  ]
  expect(readOptions([...other, ...sizes, ...times, ...mirrors], variables)).toEqual({
    host: 'localhost',
    port: 1,
    data: 'x',
    auth: {
      users: [{ name: 'z', password: 'z' }],
      htpasswd: 'H',
      tokens: 't',
      policy: 'p',
      anonymousPull: false,
      tokenService: true,
    },
    tls: { cert: 'c', key: 'K' },
    publicUrl: 'https://s.example',
    trustProxy: true,
    delete: true,
    sparse: false,
    redirect: false,
    maxManifestSize: 1,
    maxBlobSize: 1024,
    quotas: [{ prefix: 'a', bytes: 1 }],
    gcGrace: HOUR,
    gcInterval: 0,
    watch,
    mirrors: { upstreams: [{ host: 'quay.io', url: 'quay.io' }], ttl: 0, maxBytes: 1024, offline: false },
    cors: '*',
    log: 'off',
    logLevel: 'error',
  })
  expect(readOptions(['--memory'], { OCIKIT_DATA: 'x' }).data).toBe(null)
  expect(readOptions(['--no-memory'], variables).data).toBe('./data')
})

test('variables: OCIKIT_DELETE, OCIKIT_DATA, OCIKIT_INSECURE_OPEN, empty ones, and that of Kubernetes', () => {
  expect(readOptions([], { OCIKIT_DELETE: 'no', OCIKIT_DATA: 'x' })).toMatchObject({
    delete: false,
    data: 'x',
  })
  expect(readOptions([], { OCIKIT_DELETE: 'yes', OCIKIT_NO_DELETE: '0' }).delete).toBe(true)
  expect(readOptions([], { OCIKIT_HOST: '0.0.0.0', OCIKIT_INSECURE_OPEN: '1' }).host).toBe('0.0.0.0')
  expect(readOptions([], { OCIKIT_PORT: '', OCIKIT_USER: '', OCIKIT_MEMORY: '' })).toMatchObject({
    port: 5000,
    data: './data',
  })
  expect(readOptions([], { OCIKIT_PORT: 'tcp://10.0.0.1:5000' }).port).toBe(5000)
})

test.each(['127.0.0.1', '127.1.2.3', '::1', '[::1]', 'localhost'])('%s needs no user', (host) => {
  expect(readOptions(['--host', host], {}).auth.users).toEqual([])
})

test('the help names every flag, and is no wider than a terminal of the project', async () => {
  const { stdout } = await run(['serve', '--help'])
  for (const flag of [...flags, '--data', '--insecure-open'].filter((arg) => arg.startsWith('--'))) {
    expect(stdout).toContain(flag)
  }
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(110)
})
