/** Called by Next once, when its server starts. */
export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { kit } = await import('./registry.ts')
  setInterval(async () => {
    await kit.sweep() // removes abandoned uploads
    await kit.collect() // frees what nothing refers to any more
  }, 3_600_000)
}
