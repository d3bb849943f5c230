import { helpOf } from './parts.ts'

/** What `ocikit serve --help` prints. */
export const help: string = helpOf(
  'serve [flags]',
  'Serves a registry until a signal ends it, and then lets requests in flight finish.',
  `Flags (each is also a variable: --max-blob-size is OCIKIT_MAX_BLOB_SIZE; a flag wins):
  --host HOST               where to listen (127.0.0.1)
  --port PORT               where to listen; 0 takes a free port (5000)
  --data DIR                the folder to keep everything in (./data), or a bucket: s3://BUCKET/PREFIX, then
                            maybe ?endpoint=URL&region=NAME. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
                            AWS_SESSION_TOKEN, AWS_REGION and AWS_ENDPOINT_URL have their usual meaning
  --memory                  keep everything in memory instead
  --user NAME:PASSWORD      who may log in; repeatable. OCIKIT_USER holds one on each line, and does
                            not show in the list of processes. Without users everybody may do everything
  --htpasswd FILE           more users, as htpasswd -B makes them; read again when it changes
  --tokens FILE             keys of 'ocikit token', as passwords under any name; read again when it changes
  --anonymous-pull          everybody may pull, also without a password
  --token-service           logins get tokens (docker, podman and all others ask for them by themselves)
  --policy FILE             rules of who may do what, as JSON; read again when it changes
  --insecure-open           allow everybody everything beyond this machine, too
  --tls-cert FILE           the certificate for HTTPS and those above it, as PEM; read again when it changes
  --tls-key FILE            its key
  --public-url URL          what clients call this server, if a proxy in front does not tell
  --trust-proxy ADDRESS     whose X-Forwarded-* and Forwarded are believed: an address, a network as in
                            10.0.0.0/8, or '*'; repeatable. OCIKIT_TRUST_PROXY holds several
                            with commas between them (none)
  --no-delete               nothing can be deleted
  --sparse                  accept manifests whose blobs are not here
  --redirect                send clients to the bucket for blobs: they must be able to reach it
  --max-manifest-size SIZE  longest manifest (4MiB)
  --max-blob-size SIZE      longest blob (no limit)
  --quota NAME=SIZE,COUNT   what the repository NAME and all below it may keep, '*' for all: bytes of blobs,
                            manifests, or either; repeatable. OCIKIT_QUOTA holds one on each line (none)
  --retention FILE          rules by which tags and manifests go, as JSON; each day (none)
  --gc-grace TIME           how long abandoned uploads and blobs without a manifest are kept (24h)
  --gc-interval TIME        how often space is freed; 0 for never (1h)
  --webhook URL             who is told of changes; repeatable, one on each line of the variable (none).
                            OCIKIT_WEBHOOK_SECRET signs what is sent: at least 24 characters
  --mirror HOST=URL         read through to another registry and keep what was read: HOST/name, or ?ns=HOST,
                            as containerd asks; repeatable. The first also has names without a host that are
                            not here, for docker. Credentials are those of docker login. OCIKIT_MIRROR
                            holds several with commas between them (none)
  --mirror-ttl TIME         how long a tag of a mirror is good before its registry is asked again (1m)
  --mirror-max-size SIZE    what mirrors keep; what was not pulled for longest goes first (no limit)
  --mirror-offline          ask no other registry: only what is kept is there
  --read-only               writes are refused, until the process gets SIGUSR2; SIGUSR1 begins that
  --immutable-tags GLOB     tags that never move and cannot be deleted, as in 'v*'; repeatable.
                            OCIKIT_IMMUTABLE_TAGS holds several with commas between them (none)
  --rate-limit COUNT/TIME   requests of one user, or of one address without a user, as in 100/s, 600/m or
                            100/6h; more are answered with 429 (no limit)
  --min-free SIZE           blobs are refused with 507 while less of the disk is free: a size, or 5% (none)
  --health                  answer at /healthz, and at /readyz while the storage can be reached
  --metrics                 show numbers for Prometheus at /metrics, to everybody who reaches it
  --monitor-port PORT       where both are instead of beside the registry, on the same host (none)
  --inspect-header NAME     log what becomes of requests that have this header, without secrets (none)
  --cors ORIGIN             whose pages may call: an origin, repeatable, or '*' (none). OCIKIT_CORS
                            holds several with commas between them
  --log text|json|off       lines on stderr (text)
  --log-level LEVEL         the least important of them: debug, info, warn or error (info)
  --config FILE             all of this as JSON, below flags and variables: adapters/cli/config.schema.json`,
  `Times are as in 90s, 30m, 24h and 7d. Sizes are bytes, or end in K, M, G, KiB, MiB or GiB, all of 1024.
Variables that are switches are 1, true, yes, 0, false or no; each switch has a negative flag, as in
--no-memory.`,
  `Examples:
  ocikit serve --data ./data
  ocikit serve --memory --port 0
  OCIKIT_USER=ann:secret ocikit serve --host 0.0.0.0 --anonymous-pull`,
)
