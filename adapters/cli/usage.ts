/** What `ocikit --help` prints. */
export const USAGE = `ocikit: an OCI registry

Usage:
  ocikit serve [flags]
  ocikit version
  ocikit help

Flags of serve (each is also a variable: --max-blob-size is OCIKIT_MAX_BLOB_SIZE; a flag wins):
  --host HOST               where to listen (127.0.0.1)
  --port PORT               where to listen; 0 takes a free port (5000)
  --data DIR                the folder to keep everything in (./data), or a bucket: s3://BUCKET/PREFIX, then
                            maybe ?endpoint=URL&region=NAME. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
                            AWS_SESSION_TOKEN, AWS_REGION and AWS_ENDPOINT_URL have their usual meaning
  --memory                  keep everything in memory instead
  --user NAME:PASSWORD      who may log in; repeatable. OCIKIT_USER holds one on each line, and does
                            not show in the list of processes. Without users everybody may do everything
  --insecure-open           allow that beyond this machine, too
  --no-delete               nothing can be deleted
  --sparse                  accept manifests whose blobs are not here
  --redirect                send clients to the bucket for blobs: they must be able to reach it
  --max-manifest-size SIZE  longest manifest (4MiB)
  --max-blob-size SIZE      longest blob (no limit)
  --cors ORIGIN             whose pages may call: an origin, repeatable, or '*' (none). OCIKIT_CORS
                            holds several with commas between them
  --log text|json|off       lines on stderr (text)
  --version, --help

Sizes are bytes, or end in K, M, G, KiB, MiB or GiB, all of 1024. Variables that are switches are 1, true,
yes, 0, false or no; each switch has a negative flag, as in --no-memory.

Exit codes: 0 ended by SIGTERM or SIGINT, 1 failed while running, 2 called or configured in a wrong way.
`
