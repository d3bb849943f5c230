import type { LogFields, Logger, RequestFields } from '../../../src/index.ts'
import type { Output } from '../main.ts'
import type { LogFormat } from './options.ts'

/** Levels of lines, from the least important to the most. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** The least important lines that are written. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** A logger that writes lines of a level and above. A line is one line, whatever a client puts into it. */
export function createLogger(
  format: LogFormat,
  output: Output,
  least: LogLevel = 'info',
  now: () => Date = () => new Date(),
): Logger {
  const nothing = () => {}
  if (format === 'off') return { debug: nothing, info: nothing, warn: nothing, error: nothing }
  const line = format === 'json' ? jsonLine : textLine
  const at = (level: LogLevel): Logger['info'] => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)) return nothing
    return (message, fields = {}) => {
      output.write(`${printable(line(now().toISOString(), level, message, fields))}\n`)
    }
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  return JSON.stringify({ time, level, message, ...fields }, plain)
}

function textLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  if (message === 'request') return requestLine(time, fields as RequestFields)
  const rest = Object.entries(fields).filter(([, value]) => value !== undefined)
  return [time, level, message, ...rest.map(([name, value]) => `${name}=${word(value)}`)].join(' ')
}

function requestLine(
  time: string,
  { method, path, status, bytes, ms, subject, agent, id }: RequestFields,
): string {
  const duration = `${Math.round(ms * 10) / 10} ms`
  return `${time} ${method} ${path} ${status} ${bytes} B ${duration} ${word(subject)} ${JSON.stringify(agent)} ${id}`
}

/** As it is if it reads as one word, else quoted. */
function word(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:/@+-]+$/.test(value)) return value
  return JSON.stringify(value, plain) ?? 'undefined'
}

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error) return `${value.name}: ${value.message}`
  return typeof value === 'bigint' ? String(value) : value
}

/** Escapes what could end a line, move the cursor or turn the text around. */
function printable(line: string): string {
  return line.replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
