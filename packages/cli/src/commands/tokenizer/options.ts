// Options that several tokenizer commands share.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ConfigError } from '@shardmill/core/errors'
import { loadTokenizer } from '@shardmill/tokenizer/load'
import { specialId, type SpecialRole } from '@shardmill/tokenizer/special-tokens'
import type { PlainDocuments } from '@shardmill/tokenizer/text-source'
import type { Tokenizer } from '@shardmill/tokenizer/tokenizer'

/** Opens the tokenizer named by --tokenizer; notices go to standard error. */
export async function openTokenizer(path: string | undefined): Promise<Tokenizer> {
  if (path === undefined) {
    throw new ConfigError('expected --tokenizer FILE', {
      hint: 'a tokenizer.json, *.tiktoken, vocab.txt or *.model, or a folder with a tokenizer.json',
    })
  }
  return loadTokenizer(path, {
    onNotice: (message) => process.stderr.write(`notice: ${message}\n`),
  })
}

/** A whole number of at least `least`. */
export function wholeNumber(name: string, value: string, least: number): number {
  const number = Number(value)
  if (Number.isSafeInteger(number) && number >= least) return number
  throw new ConfigError(`--${name}: expected a whole number from ${least}, got \`${value}\``)
}

/** One of several words. */
export function oneOf<Name extends string>(
  name: string,
  value: string,
  allowed: readonly Name[],
): Name {
  const found = allowed.find((word) => word === value)
  if (found !== undefined) return found
  throw new ConfigError(`--${name}: expected ${allowed.join(', ')}, got \`${value}\``)
}

/** A token given by its text or its id; undefined when the option was not given. */
export function tokenOption(
  tokenizer: Tokenizer,
  name: string,
  value: string | undefined,
): number | undefined {
  if (value === undefined) return undefined
  const id = tokenizer.idOf(value) ?? (/^\d+$/.test(value) ? Number(value) : undefined)
  if (id !== undefined && id < tokenizer.vocabSize) return id
  throw new ConfigError(`--${name}: the tokenizer has no token \`${value}\``)
}

/** The token behind every document: --eos, else the tokenizer's own; null for --eos none. */
export function eosOption(tokenizer: Tokenizer, value: string | undefined): number | null {
  if (value === 'none') return null
  const role: SpecialRole = 'eos'
  const id = tokenOption(tokenizer, role, value) ?? specialId(tokenizer, role)
  if (id !== undefined) return id
  throw new ConfigError('the tokenizer has no end-of-document token with a known name', {
    hint: 'name it with --eos TOKEN, or pack without one: --eos none',
  })
}

export function plainDocuments(value: string): PlainDocuments {
  return oneOf('documents', value, ['line', 'file'])
}

/** A tokenizer.json as written, and the tokenizer_config.json beside it if there is one. */
export function readTokenizerJson(path: string | undefined): {
  readonly path: string
  readonly json: unknown
  readonly config: string | undefined
} {
  if (path === undefined) throw new ConfigError('expected --tokenizer FILE')
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  const file = isFolder ? join(path, 'tokenizer.json') : path
  const config = join(dirname(file), 'tokenizer_config.json')
  try {
    const json: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return { path: file, json, config: existsSync(config) ? config : undefined }
  } catch (cause) {
    throw new ConfigError(`${file}: not readable as a tokenizer.json`, { cause })
  }
}
