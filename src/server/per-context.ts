import { type CallOptions, type Context, REGISTRY_METHODS, type Registry } from '../registry.ts'

/** Where the options stand among a method's arguments; they are last, and may be left out. */
const OPTIONS_AT: Readonly<Record<keyof Registry, number>> = {
  getBlob: 2,
  resolveBlob: 2,
  getManifest: 2,
  resolveManifest: 2,
  pushBlob: 3,
  startUpload: 1,
  uploadStatus: 2,
  writeUpload: 3,
  finishUpload: 3,
  cancelUpload: 2,
  mountBlob: 2,
  pushManifest: 3,
  deleteBlob: 2,
  deleteManifest: 2,
  deleteTag: 2,
  tags: 1,
  repositories: 0,
  referrers: 2,
}

/**
 * A registry that is another one for each request: every call goes to what `choose` gives for its context. A call
 * without a context is an error, as it is nobody's.
 */
export function perContext(choose: (context: Context) => Registry): Registry {
  const registry: Record<string, unknown> = {}
  for (const method of REGISTRY_METHODS) {
    registry[method] = (...args: unknown[]) => {
      const { context } = (args[OPTIONS_AT[method]] ?? {}) as CallOptions
      if (!context) throw new TypeError(`${method}: which registry it is depends on the context of the call`)
      const chosen = choose(context)
      return (chosen[method] as (...args: unknown[]) => unknown).apply(chosen, args)
    }
  }
  return registry as unknown as Registry
}
