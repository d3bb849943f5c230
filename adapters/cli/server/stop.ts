const EXIT_CODES = { SIGTERM: 143, SIGINT: 130 } as const

/**
 * Resolves with a reason when the server is to end: on `signal`, or without it on SIGTERM and SIGINT. A second
 * one of those ends the process at once.
 */
export function stopped(signal?: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    if (signal) {
      if (signal.aborted) resolve('aborted')
      signal.addEventListener('abort', () => resolve('aborted'), { once: true })
      return
    }
    let asked = false
    const on = (name: keyof typeof EXIT_CODES) => () => {
      if (asked) process.exit(EXIT_CODES[name])
      asked = true
      resolve(name)
    }
    process.on('SIGTERM', on('SIGTERM'))
    process.on('SIGINT', on('SIGINT'))
  })
}
