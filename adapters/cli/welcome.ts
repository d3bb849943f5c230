import { resolve } from 'node:path'
import type { Logger } from '../../src/index.ts'
import type { Output } from './main.ts'
import type { CliOptions } from './options.ts'
import type { Listening } from './serve.ts'
import { isBucket } from './storage.ts'

/** Says where the data is and what to do next. */
export function welcome(options: CliOptions, server: Listening, output: Output, logger: Logger): void {
  const data = describe(options.data)
  if (options.log === 'json') logger.info('started', { url: server.url, data, users: options.users.length })
  if (options.log !== 'text') return
  // Nothing can be sent to an address that stands for all of them.
  const host =
    options.host === '0.0.0.0' || options.host === '::' ? '127.0.0.1' : new URL(server.url).hostname
  const target = `${host}:${server.port}`
  const [user] = options.users
  const lines = [
    `data: ${data}`,
    user
      ? `log in: docker login -u ${user.name} ${target}`
      : 'users: none, everybody may do everything; --user name:password adds one',
    `push: docker tag IMAGE ${target}/hello && docker push ${target}/hello`,
    `  or: skopeo copy --dest-tls-verify=false ${user ? `--dest-creds ${user.name}:PASSWORD ` : ''}docker-archive:image.tar docker://${target}/hello`,
  ]
  output.write(`${lines.join('\n')}\n`)
}

function describe(data: string | null): string {
  if (data === null) return 'memory: gone when this ends'
  return isBucket(data) ? data : resolve(data)
}
