import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { Input, Io } from '../main.ts'
import { UsageError } from './values.ts'

/** Something that a person is asked. */
export interface Question {
  readonly text: string
  /** Whether the answer is not shown while it is typed. */
  readonly hidden?: boolean
}

/** Longest secret that is read, in bytes: a token fits. */
const MAX_SECRET = 64 * 1024

/** Asks a person at a terminal, one question after the other. @throws Error when they leave. */
export function askAll(stdin: Input, { stderr }: Io, questions: readonly Question[]): Promise<string[]> {
  const answers: string[] = []
  const asked = (): Question | undefined => questions[answers.length]
  // What is typed ahead is shown or not by the question that it answers.
  const echo = new Writable({
    write(chunk, _, done) {
      if (!asked()?.hidden) stderr.write(String(chunk))
      done()
    },
  })
  const lines = createInterface({ input: stdin, output: echo, terminal: true, historySize: 0 })
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const question = asked()
      if (!question) {
        lines.close()
        return
      }
      stderr.write(question.text)
      // Whoever corrects what they type has the line written again.
      lines.setPrompt(question.text)
    }
    lines.on('line', (line) => {
      if (asked()?.hidden) stderr.write('\n')
      answers.push(line)
      next()
    })
    lines.on('SIGINT', () => lines.close())
    lines.once('close', () => {
      if (asked() === undefined) return resolve(answers)
      stderr.write('\n')
      reject(new Error('stopped: not all was answered'))
    })
    next()
  })
}

/** Reads a secret to the end of the input; a line end behind it is taken off. @throws {@link UsageError} */
export async function secretIn(stdin: Input): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > MAX_SECRET) throw new UsageError('the input is too long to be a password')
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}
