// The split patterns themselves: as their authors wrote them (that text is what a tokenizer.json
// carries, and the key by which a loaded file is recognised), and as flags and rules for the
// scanner. Sources: openai/tiktoken openai_public.py, and the published tokenizer.json files of
// GPT-2, Llama-3, Qwen2 and DeepSeek-V3.
import { group, groupMask, mapClasses } from './character-classes.ts'
import { flag, isolated, type ScannerRules } from './scanner.ts'

const general: ScannerRules = {
  contractions: 'any-case',
  maxDigits: 3,
  spaceBeforeDigits: false,
  keepsNewlines: true,
  keepsSlash: false,
  splitsCase: false,
  cutsFirst: false,
}

const gpt2Rules: ScannerRules = {
  ...general,
  contractions: 'lower-case',
  maxDigits: Infinity,
  spaceBeforeDigits: true,
  keepsNewlines: false,
}

/** A pattern is a list: each expression splits further what the ones before left. */
export interface Pattern {
  readonly expressions: readonly string[]
  readonly rules: ScannerRules
  /** A flag for every code point, for `createScanner`; in `table` when it is given. */
  flags(table?: Uint8Array): Uint8Array
}

const contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
const spaces = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'
const upper = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]'
const lower = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]'

function cl100k(digits: string): string {
  return `${contraction}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${spaces}`
}

const cl100kPattern: Pattern = {
  expressions: [cl100k('\\p{N}{1,3}')],
  rules: general,
  flags: letterFlags,
}

export const patterns = {
  gpt2: {
    expressions: [
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
    ],
    rules: gpt2Rules,
    flags: gpt2Flags,
  },
  cl100k: cl100kPattern,
  llama3: cl100kPattern,
  qwen2: {
    expressions: [cl100k('\\p{N}')],
    rules: { ...general, maxDigits: 1 },
    flags: letterFlags,
  },
  o200k: {
    expressions: [
      [
        `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+${contraction}?`,
        `[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*${contraction}?`,
        '\\p{N}{1,3}',
        ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*',
        spaces,
      ].join('|'),
    ],
    rules: { ...general, contractions: 'suffix', keepsSlash: true, splitsCase: true },
    flags: caseFlags,
  },
  'deepseek-v3': {
    expressions: [
      '\\p{N}{1,3}',
      '[一-龥\u3040-ゟ゠-ヿ]+',
      [
        '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+',
        '[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+',
        ' ?[\\p{P}\\p{S}]+[\\r\\n]*',
        spaces,
      ].join('|'),
    ],
    rules: { ...general, contractions: 'none', cutsFirst: true },
    flags: deepseekFlags,
  },
} as const satisfies Record<string, Pattern>

function isLetter(kind: number): boolean {
  return kind === group.lower || kind === group.upper || kind === group.letter
}

function spaceFlag(kind: number): number {
  return kind === group.space ? flag.space : kind === group.newline ? flag.newline : 0
}

/** L, N, white space, and everything else; all but L, N, CR, LF may lead a word. */
function letterFlags(table?: Uint8Array, prefix: number = flag.prefix): Uint8Array {
  return mapClasses((characterClass) => {
    const kind = characterClass & groupMask
    if (isLetter(kind)) return flag.letter
    if (kind === group.number) return flag.digit
    if (kind === group.newline) return flag.newline
    return prefix | (spaceFlag(kind) || flag.other)
  }, table)
}

/** As above, but only U+0020 may lead a word. */
function gpt2Flags(table?: Uint8Array): Uint8Array {
  const flags = letterFlags(table, 0)
  flags[0x20]! |= flag.prefix
  return flags
}

/** Marks are letters, and also punctuation when they follow punctuation. */
function caseFlags(table?: Uint8Array): Uint8Array {
  return mapClasses((characterClass) => {
    const kind = characterClass & groupMask
    if (kind === group.lower) return flag.letter | flag.lower
    if (kind === group.upper) return flag.letter | flag.upper
    if (kind === group.letter) return flag.letter | flag.upper | flag.lower
    if (kind === group.mark) return flag.letter | flag.upper | flag.lower | flag.other
    if (kind === group.number) return flag.digit
    if (kind === group.newline) return flag.newline
    return flag.prefix | (spaceFlag(kind) || flag.other)
  }, table)
}

/** Han up to U+9FA5 and kana are isolated; unassigned and control characters match nothing. */
function deepseekFlags(table?: Uint8Array): Uint8Array {
  const flags = mapClasses((characterClass) => {
    const kind = characterClass & groupMask
    if (isLetter(kind) || kind === group.mark) return flag.letter
    if (kind === group.number) return flag.digit
    if (kind === group.punctuation) return flag.other
    if (kind === group.newline) return flag.newline
    return flag.prefix | spaceFlag(kind)
  }, table)
  for (const [first, last] of [
    [0x3040, 0x30ff],
    [0x4e00, 0x9fa5],
  ] as const) {
    for (let c = first; c <= last; c++) {
      const bits = flags[c]!
      flags[c] =
        bits & flag.letter ? isolated.letter : bits & flag.other ? isolated.other : isolated.any
    }
  }
  return flags
}
