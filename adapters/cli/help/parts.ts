/** What the help of several commands has in common. */

/** What PLACE is. */
export const PLACES: string = `A place is an image in a registry, host/name:tag, where a missing host is Docker Hub and a missing
tag latest; in an OCI layout in a folder, oci:folder:tag; in a tar archive, tar:file:tag, also one of docker
save; or, to read, in what CNCF distribution keeps, distribution:folder/name:tag or
distribution:s3://bucket/prefix/name:tag. A digest may stand in place of a tag: host/name@sha256:...`

/** Flags of all commands that talk to registries. */
export const REMOTE: string = `  --plain-http              registries are spoken to without TLS; on this machine they are by themselves
  --insecure                any certificate will do, and if there is no TLS, no TLS`

/** The flag of commands that tell something. */
export const JSON_FLAG = '  --json                    as JSON'

/** The flag of commands that tell of one image. */
export const PLATFORM_FLAG = '  --platform OS/ARCH        of an index this image, as in linux/arm64'

/** Flags of commands that copy. */
export const COPYING: string = `  --platform OS/ARCH        of an index only this image; repeatable, and then the index without the others,
                            which only some registries take
  --referrers               with what refers to it: signatures, lists of contents
  --recursive               look below what is there already, and copy what it lacks
  --concurrency N           blobs at once (3)
  --parts N                 requests for each large blob, where one is slow (1)
  --chunked                 send large blobs in chunks, where connections break: what has arrived is not sent again
  --quiet                   tell only the result
  --json                    the result as JSON`

/** Flags of commands that push files. */
export const ARTIFACT: string = `  --artifact-type TYPE      what the artifact is, as a media type (application/vnd.unknown.artifact.v1)
  --annotation KEY=VALUE    a fact about the artifact; repeatable
  --annotation-file FILE    facts as JSON, by $manifest, $config and the names of files as they are typed here
  --title NAME[:MEDIATYPE]  what the standard input is called by who pulls it; without, pulls leave it out
  --concurrency N           files at once (3)
  --quiet                   tell only the result
  --json                    the result as JSON`

const EXIT = 'Exit codes: 0 done, 1 the other side refused or failed, 2 called in a wrong way.'

/** What `--help` prints: how the command is called, and then these parts. */
export function helpOf(usage: string, ...parts: string[]): string {
  return `Usage: ocikit ${usage}\n\n${[...parts, EXIT].join('\n\n')}\n`
}
