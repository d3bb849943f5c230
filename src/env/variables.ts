/** Variables by name. What is no text counts as absent: Workers have their bindings among them. */
export type Variables = Readonly<Record<string, unknown>>

/** The variable that stands for an option: `max-blob-size` is `OCIKIT_MAX_BLOB_SIZE`. */
export function nameOf(option: string): string {
  return `OCIKIT_${option.toUpperCase().replaceAll('-', '_')}`
}

/** The value of an option's variable. An empty one counts as absent: that is how compose files leave one out. */
export function variable(variables: Variables, option: string): string | undefined {
  const value = variables[nameOf(option)]
  if (typeof value !== 'string' || value === '') return undefined
  // Kubernetes sets this one in every pod beside a service called `ocikit`.
  return option === 'port' && value.startsWith('tcp://') ? undefined : value
}
