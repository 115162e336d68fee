// Opens a tokenizer file of any known kind:
//   tokenizer.json    Hugging Face: byte-level and character BPE, WordPiece, Unigram
//   *.tiktoken        OpenAI ranks; the split pattern comes from the file name or an option
//   vocab.txt         BERT
//   *.model           sentencepiece: Unigram, BPE
// A tokenizer.json that uses something our encoders do not know goes through @huggingface/tokenizers,
// which knows more and is 20 to 50 times slower; the caller is told. Where that library refuses too,
// so do we: wrong ids are worse than none.
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { InputError, messageOf } from '@shardmill/core/errors'
import { loadCompatible } from './load-compatible.ts'
import { loadHuggingFace } from './load-huggingface.ts'
import { asRecord, Unsupported, type Json } from './load-json.ts'
import { loadSentencePiece } from './load-sentencepiece.ts'
import { loadTiktoken, parseTiktoken, tiktokenSpecials } from './load-tiktoken.ts'
import { loadVocab } from './load-vocab.ts'
import type { PreTokenizerName } from './pretokenize/index.ts'
import type { Tokenizer } from './tokenizer.ts'

export interface LoadOptions {
  /** Split pattern of a .tiktoken file whose name does not tell. */
  readonly pattern?: PreTokenizerName
  /** Special tokens of a .tiktoken file; by default those OpenAI publishes for the pattern. */
  readonly specials?: Readonly<Record<string, number>>
  /** Lower-casing of a vocab.txt; by default what tokenizer_config.json says, else true. */
  readonly lowercase?: boolean
  /** Told when the slow library is used. Default: a process warning. */
  readonly onNotice?: (message: string) => void
}

/** Opens a tokenizer file, or a folder that holds a `tokenizer.json`. Throws `InputError`. */
export async function loadTokenizer(path: string, options: LoadOptions = {}): Promise<Tokenizer> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new InputError(`tokenizer: no file \`${path}\``, { cause })
  })
  const file = found.isDirectory() ? join(path, 'tokenizer.json') : path
  const name = basename(file)
  if (name.endsWith('.json')) return loadJson(file, options)
  if (name.endsWith('.tiktoken')) {
    const pattern = options.pattern ?? patternOf(file)
    const ranks = parseTiktoken(file, await readFile(file, 'utf8'))
    return loadTiktoken(ranks, pattern, options.specials ?? tiktokenSpecials[pattern] ?? {})
  }
  if (name.endsWith('.model')) return loadModel(file, await readFile(file))
  if (name.endsWith('.txt')) {
    const lowercase = options.lowercase ?? (await readLowercase(dirname(file))) ?? true
    return loadVocab(file, await readFile(file, 'utf8'), lowercase)
  }
  throw new InputError(`tokenizer: \`${name}\` is no kind of file we know`, {
    hint: 'expected tokenizer.json, *.tiktoken, vocab.txt or *.model',
  })
}

async function loadJson(file: string, options: LoadOptions): Promise<Tokenizer> {
  return loadTokenizerJson(file, await readFile(file, 'utf8'), options)
}

/** A tokenizer from the content of a tokenizer.json; `file` names it in messages. */
export async function loadTokenizerJson(
  file: string,
  content: string,
  options: LoadOptions = {},
): Promise<Tokenizer> {
  const json = parseJson(file, content)
  if (!('model' in json)) {
    throw new InputError(`${file}: expected a Hugging Face tokenizer.json, it has no \`model\``)
  }
  try {
    return loadHuggingFace(json)
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error
    const notice = options.onNotice ?? ((message) => process.emitWarning(message))
    const tokenizer = await loadCompatible(file, json, error.message)
    notice(`${file}: ${error.message} has no fast path; using @huggingface/tokenizers (slow)`)
    return tokenizer
  }
}

function parseJson(file: string, content: string): Json {
  try {
    return asRecord(JSON.parse(content), file)
  } catch (cause) {
    throw new InputError(`${file}: not a JSON object: ${messageOf(cause)}`, { cause })
  }
}

function loadModel(file: string, content: Uint8Array): Tokenizer {
  try {
    return loadSentencePiece(file, content)
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error
    throw new InputError(`${file}: ${error.message} is not supported`, { cause: error })
  }
}

function patternOf(file: string): PreTokenizerName {
  const known: readonly (readonly [string, PreTokenizerName])[] = [
    ['o200k', 'o200k'],
    ['cl100k', 'cl100k'],
    ['p50k', 'gpt2'],
    ['r50k', 'gpt2'],
    ['gpt2', 'gpt2'],
    ['llama3', 'llama3'],
    ['qwen2', 'qwen2'],
    ['deepseek-v3', 'deepseek-v3'],
  ]
  const found = known.find(([part]) => basename(file).includes(part))
  if (found) return found[1]
  throw new InputError(`${file}: the split pattern of these ranks is not known`, {
    hint:
      'put it into the file name (my-cl100k.tiktoken), or the option `pattern` of the library: ' +
      'gpt2, cl100k, o200k, llama3, qwen2, deepseek-v3',
  })
}

async function readLowercase(folder: string): Promise<boolean | undefined> {
  const content = await readFile(join(folder, 'tokenizer_config.json'), 'utf8').catch(() => '{}')
  const value = parseJson('tokenizer_config.json', content)['do_lower_case']
  return typeof value === 'boolean' ? value : undefined
}
