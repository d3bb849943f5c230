import { resolve } from 'node:path'
import type { Logger } from '../../../src/index.ts'
import type { Listening } from '../commands/serve.ts'
import type { Output } from '../main.ts'
import { hasLogin } from './auth.ts'
import type { CliOptions } from './options.ts'
import { isBucket } from './storage.ts'

/** Says where the data is and what to do next. */
export function welcome(options: CliOptions, server: Listening, output: Output, logger: Logger): void {
  const data = describe(options)
  if (options.log === 'json')
    logger.info('started', { url: server.url, data, users: options.auth.users.length })
  if (options.log !== 'text' || options.logLevel === 'warn' || options.logLevel === 'error') return
  // Nothing can be sent to an address that stands for all of them.
  const host =
    options.host === '0.0.0.0' || options.host === '::' ? '127.0.0.1' : new URL(server.url).hostname
  const target = `${host}:${server.port}`
  const [user] = options.auth.users
  const lines = [
    `data: ${data}`,
    whoMayIn(options, target),
    `push: docker tag IMAGE ${target}/hello && docker push ${target}/hello`,
    `  or: skopeo copy --dest-tls-verify=false ${user ? `--dest-creds ${user.name}:PASSWORD ` : ''}docker-archive:image.tar docker://${target}/hello`,
  ]
  output.write(`${lines.join('\n')}\n`)
}

function whoMayIn({ auth }: CliOptions, target: string): string {
  const [user] = auth.users
  if (hasLogin(auth)) return `log in: docker login -u ${user?.name ?? 'NAME'} ${target}`
  if (auth.policy !== undefined) return 'users: none, everybody may do what the policy says'
  const may = auth.anonymousPull ? 'pull, and nobody push' : 'do everything'
  return `users: none, everybody may ${may}; --user name:password adds one`
}

function describe({ data, registry }: CliOptions): string {
  if (registry) return `what ${registry.file} says`
  if (data === null) return 'memory: gone when this ends'
  return isBucket(data) ? data : resolve(data)
}
