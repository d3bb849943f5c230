/** What `ocikit --help` prints. */
export const OVERVIEW: string = `ocikit: an OCI registry

Usage:
  ocikit serve [flags]
  ocikit gc [flags]         frees space in a folder that no server uses
  ocikit check [flags]      whether all that is stored is whole
  ocikit usage [flags]      says what each repository keeps, and how full its quotas are
  ocikit token create|list|revoke [flags]   keys for programs, in a file
  ocikit webhooks list|retry [flags]        what waits to be sent, and what is sent no more
  ocikit copy SOURCE DESTINATION [flags]    an image between registries, layouts and archives
  ocikit sync SOURCE DESTINATION [flags]    a registry into another
  ocikit tags|repos|inspect|manifest|blob|tree PLACE [flags]   what is somewhere
  ocikit tag PLACE TAG...     sets tags
  ocikit rm PLACE [flags]     removes a tag, or a manifest
  ocikit version
  ocikit help

Each command tells more with --help.

Exit codes: 0 done, or ended by SIGTERM or SIGINT, 1 failed while running, or the other side refused, 2 called
or configured in a wrong way.
`
