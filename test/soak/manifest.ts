export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'

/** A blob in a manifest. */
export interface Part {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** An image: its configuration, and its layers. */
export function imageOf([config, ...layers]: readonly Part[], more: object = {}): Buffer<ArrayBuffer> {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { ...config, mediaType: CONFIG },
      layers,
      ...more,
    }),
  )
}
