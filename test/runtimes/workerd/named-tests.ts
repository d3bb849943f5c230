/** A test by its name. */
export type NamedTests = ReadonlyMap<string, () => Promise<void>>

/**
 * Answers a request about tests: the names of all, or, with `?test=NAME`, what became of that one: empty, or the
 * error.
 */
export async function answerTests(request: Request, tests: NamedTests): Promise<Response> {
  const name = new URL(request.url).searchParams.get('test')
  if (name === null) return Response.json([...tests.keys()])
  const run = tests.get(name)
  if (!run) return new Response('there is no such test', { status: 404 })
  return run().then(
    () => new Response(),
    (error: unknown) => new Response(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  )
}
