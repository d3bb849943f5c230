/**
 * What can be typed: commands, what they do, and their flags, as the commands themselves and their help say.
 * @module
 */

import { COMMANDS, type Command } from '../commands.ts'
import { LOG_LEVELS } from '../server/log.ts'

/** A command as it can be typed. */
export interface CommandShape {
  readonly name: string
  /** What it is for, in a line. */
  readonly text: string
  /** What may come first. */
  readonly actions: readonly string[]
  readonly flags: readonly FlagShape[]
  /** What it takes beside flags: places of images, names of files, or what nobody knows. */
  readonly takes: 'places' | 'files' | 'other'
}

/** A flag as it can be typed. */
export interface FlagShape {
  /** With its dashes. */
  readonly name: string
  /** What it is for, in a line. */
  readonly text: string
  readonly repeatable: boolean
  /** What its value is; absent for a switch. */
  readonly value?: Value
}

/** A value: a file, a folder, one of some words, or something else. */
export interface Value {
  /** As the help calls it. */
  readonly name: string
  readonly kind: 'file' | 'folder' | 'words' | 'other'
  readonly words: readonly string[]
}

/** The usual ones: a registry may have others. */
const PLATFORMS = [
  'linux/amd64',
  'linux/arm64',
  'linux/arm/v7',
  'linux/arm/v6',
  'linux/386',
  'linux/ppc64le',
  'linux/riscv64',
  'linux/s390x',
  'windows/amd64',
]

/** All commands. */
export async function shapes(): Promise<CommandShape[]> {
  const named = Object.entries(COMMANDS).map(async ([name, read]) => shapeOf(name, await read()))
  return Promise.all(named)
}

function shapeOf(name: string, { help, flags, actions = [], negatives = false }: Command): CommandShape {
  const [usage = '', text = ''] = help.split('\n\n')
  const told = flagsInHelp(help)
  const known = Object.entries(flags).flatMap(([flag, { type, multiple = false }]): FlagShape[] => {
    const { about, value } = told.get(`--${flag}`) ?? told.get(`--no-${flag}`) ?? { about: '', value: '' }
    const shape = { name: `--${flag}`, text: about, repeatable: multiple }
    if (type === 'string') return [{ ...shape, value: valueNamed(value) }]
    return negatives ? [shape, { ...shape, name: `--no-${flag}` }] : [shape]
  })
  return {
    name,
    text: sentenceOf(text),
    actions,
    flags: [...known, { name: '--help', text: 'tell how it is used', repeatable: false }],
    takes: takesOf(usage),
  }
}

/** The flags that stand in a help, each at the begin of a line: what its value is called, and what it is for. */
export function flagsInHelp(help: string): ReadonlyMap<string, { about: string; value: string }> {
  const lines = help.matchAll(/^ {2}(--[\w-]+)(?: (\S+))?(?: {2,}(.*))?$/gm)
  return new Map(
    [...lines].map(([, flag, value = '', about = '']) => [flag!, { about: sentenceOf(about), value }]),
  )
}

/** Up to what would need a second line. */
function sentenceOf(text: string): string {
  const [line = ''] = text.split('\n')
  return line.replace(/[.;,:]$/, '').trim()
}

function valueNamed(name: string): Value {
  if (name === 'FILE') return { name, kind: 'file', words: [] }
  if (name === 'DIR') return { name, kind: 'folder', words: [] }
  if (name === 'OS/ARCH') return { name, kind: 'words', words: PLATFORMS }
  if (name === 'LEVEL') return { name, kind: 'words', words: LOG_LEVELS }
  if (/^[a-z]+(\|[a-z]+)+$/.test(name)) return { name, kind: 'words', words: name.split('|') }
  return { name, kind: 'other', words: [] }
}

function takesOf(usage: string): CommandShape['takes'] {
  if (/\b(?:PLACE|SOURCE|FOLDER)\b/.test(usage)) return 'places'
  return /\bFILE\b/.test(usage) ? 'files' : 'other'
}
