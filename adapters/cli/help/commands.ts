/** What `--help` behind the commands prints that talk to registries. */

const PLACES = `A place is an image in a registry, host/name:tag, where a missing host is Docker Hub and a missing
tag latest; in an OCI layout in a folder, oci:folder:tag; or in a tar archive, tar:file:tag, also one of docker
save. A digest may stand in place of a tag: host/name@sha256:...`

const REMOTE = `  --plain-http              registries are spoken to without TLS; on this machine they are by themselves
  --insecure                any certificate will do, and if there is no TLS, no TLS`

const COPYING = `  --platform OS/ARCH        of an index only this image; repeatable, and then the index without the others,
                            which only some registries take
  --referrers               with what refers to it: signatures, lists of contents
  --recursive               look below what is there already, and copy what it lacks
  --concurrency N           blobs at once (3)
  --parts N                 requests for each large blob, where one is slow (1)
  --quiet                   tell only the result
  --json                    the result as JSON`

const EXIT = 'Exit codes: 0 done, 1 the other side refused or failed, 2 called in a wrong way.'

function help(usage: string, ...parts: string[]): string {
  return `Usage: ocikit ${usage}\n\n${[...parts, EXIT].join('\n\n')}\n`
}

/** By command. */
export const HELP: Readonly<Record<string, string>> = {
  copy: help(
    'copy SOURCE DESTINATION [flags]',
    'Copies an image, an index with all its images or any other artifact. What is there is not sent again.',
    PLACES,
    `Flags:
  --tag TAG                 set this tag, too; repeatable
${COPYING}
${REMOTE}`,
    `Examples:
  ocikit copy docker.io/library/alpine:3 localhost:5000/alpine:3
  ocikit copy --platform linux/arm64 ghcr.io/team/app:v1 tar:app.tar:v1
  ocikit copy oci:build:v1 registry.example.com/team/app:v1`,
  ),
  sync: help(
    'sync SOURCE DESTINATION [flags]',
    `Makes the tags of one registry those of another. Nothing is deleted.`,
    `SOURCE is a registry, host, or a part of it, host/team/**. DESTINATION is a registry, or a name in it to put
all below, host/mirror. oci:folder is a folder with a layout for each repository.`,
    `Flags:
  --repository GLOB         only these repositories, as in 'team/**'; repeatable (all)
  --tag GLOB                only these tags, as in 'v1.*'; repeatable (all)
  --dry-run                 only say what would be copied
${COPYING}
${REMOTE}`,
    `Examples:
  ocikit sync registry.example.com localhost:5000/mirror
  ocikit sync --tag 'v*' --dry-run registry.example.com/team/app oci:backup`,
  ),
  tags: help('tags PLACE [--json]', 'Lists the tags of a repository.', PLACES, `Flags:\n${REMOTE}`),
  repos: help('repos HOST|oci:FOLDER [--json]', 'Lists the repositories of a registry.', `Flags:\n${REMOTE}`),
  inspect: help(
    'inspect PLACE [--platform OS/ARCH] [--json]',
    'Tells what an image is.',
    PLACES,
    `Flags:\n${REMOTE}`,
  ),
  manifest: help(
    'manifest PLACE [--platform OS/ARCH] [--json]',
    'Prints a manifest as it is.',
    PLACES,
    `Flags:\n${REMOTE}`,
  ),
  blob: help(
    'blob PLACE@DIGEST [--output FILE] [--json]',
    'Prints a blob, or what it is.',
    PLACES,
    `Flags:\n${REMOTE}`,
  ),
  tree: help(
    'tree PLACE [--json]',
    'Shows the images of an index, and what refers to each (<-).',
    PLACES,
    `Flags:\n${REMOTE}`,
  ),
  tag: help('tag PLACE TAG...', 'Sets tags to an image.', PLACES, `Flags:\n${REMOTE}`),
  rm: help(
    'rm PLACE [--all]',
    'Removes a tag; of a digest, and with --all, the manifest with all its tags.',
    PLACES,
    `Flags:\n${REMOTE}`,
  ),
}
