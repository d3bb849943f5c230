/** What `ocikit --help` prints. */
export const OVERVIEW: string = `ocikit: an OCI registry

Usage:
  ocikit serve [flags]
  ocikit gc [flags]         frees space in a folder that no server uses
  ocikit check [flags]      whether all that is stored is whole
  ocikit usage [flags]      says what each repository keeps, and how full its quotas are
  ocikit token create|list|revoke [flags]   keys for programs, in a file
  ocikit webhooks list|retry|drop [flags]   what waits to be sent, and what is sent no more
  ocikit copy SOURCE DESTINATION [flags]    an image between registries, layouts and archives
  ocikit sync SOURCE DESTINATION [flags]    a registry into another
  ocikit tags|repos|inspect|manifest|blob|tree PLACE [flags]   what is somewhere
  ocikit push PLACE FILE[:MEDIATYPE]... [flags]     files as an artifact
  ocikit pull PLACE [flags]   the files of an artifact
  ocikit attach PLACE --artifact-type TYPE FILE[:MEDIATYPE]... [flags]   files that are about an image
  ocikit tag PLACE TAG...     sets tags
  ocikit rm PLACE [flags]     removes a tag, or a manifest
  ocikit login HOST [flags]   keeps a name and a password for a registry, for all tools
  ocikit logout HOST          forgets them
  ocikit config check [FILE] [flags]   every mistake in a file of serve --config
  ocikit completion bash|zsh|fish      what a shell needs to complete all this
  ocikit version
  ocikit help

Each command tells more with --help.

Exit codes: 0 done, or ended by SIGTERM or SIGINT, 1 failed while running, or the other side refused, 2 called
or configured in a wrong way.
`
