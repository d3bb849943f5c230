/** Called by Next once, when its server starts. */
export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { kit } = await import('./registry.ts')
  const keepUp = async () => {
    await kit.sweep() // removes abandoned uploads
    await kit.collect() // frees what no manifest refers to
  }
  setInterval(() => keepUp().catch(console.error), 3_600_000)
}
