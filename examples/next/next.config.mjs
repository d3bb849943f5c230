import { fileURLToPath } from 'node:url'

/** @type {import('next').NextConfig} */
export default {
  // Registries have URLs that end in a slash.
  skipTrailingSlashRedirect: true,
  rewrites: async () => [{ source: '/v2/:path*', destination: '/api/registry' }],
  // Where `ocikit` is found from this folder. An application of its own needs no such line.
  turbopack: { root: fileURLToPath(new URL('../..', import.meta.url)) },
}
