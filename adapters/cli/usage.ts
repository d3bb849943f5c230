/** What `ocikit --help` prints. */
export const USAGE = `ocikit: an OCI registry

Usage:
  ocikit serve [flags]
  ocikit gc [flags]         frees space in a folder that no server uses
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
  --gc-grace TIME           how long abandoned uploads and blobs without a manifest are kept (24h)
  --gc-interval TIME        how often space is freed; 0 for never (1h)
  --cors ORIGIN             whose pages may call: an origin, repeatable, or '*' (none). OCIKIT_CORS
                            holds several with commas between them
  --log text|json|off       lines on stderr (text)
  --version, --help

Flags of gc:
  --data DIR                the folder; a server that uses it must be stopped
  --grace TIME              keep what was used so recently (24h); 0 if no client is in the middle of a push
  --dry-run                 only say what would be freed

Times are as in 90s, 30m, 24h and 7d. Sizes are bytes, or end in K, M, G, KiB, MiB or GiB, all of 1024.
Variables that are switches are 1, true, yes, 0, false or no; each switch of serve has a negative flag,
as in --no-memory.

Exit codes: 0 done, or ended by SIGTERM or SIGINT, 1 failed while running, 2 called or configured in a
wrong way.
`
