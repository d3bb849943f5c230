import type { LogFields, Logger } from '../../src/index.ts'

/** A logger that remembers what it was told, as text. */
export function recordingLogger(): { logger: Logger; lines: () => string[] } {
  const told: string[] = []
  const note = (message: string, fields: LogFields = {}): void => {
    const text = (_key: string, value: unknown) => (value instanceof Error ? `${value.stack}` : value)
    told.push(`${message} ${JSON.stringify(fields, text)}`)
  }
  return { logger: { debug: note, info: note, warn: note, error: note }, lines: () => told }
}
