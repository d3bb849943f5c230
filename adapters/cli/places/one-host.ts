import { DOCKER_HUB, isDockerHub, isHost } from '../../../src/oci/index.ts'
import { UsageError } from '../input/values.ts'

/** The host of a registry, the only thing that a command takes; Docker Hub is `docker.io`. @throws {@link UsageError} */
export function oneHost(command: string, positionals: readonly string[]): string {
  const [host, ...more] = positionals
  const isOne = host !== undefined && more.length === 0 && (isHost(host) || /^[\w-]+$/.test(host))
  // Numbers with dots may be no address.
  if (!isOne || !URL.canParse(`https://${host}`))
    // Not shown: it may be a password that slipped.
    throw new UsageError(
      `${command} takes the host of a registry`,
      'as in ghcr.io, docker.io or localhost:5000',
    )
  return isDockerHub(host) ? DOCKER_HUB : host.toLowerCase()
}
