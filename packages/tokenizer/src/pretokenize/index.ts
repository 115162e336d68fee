// Pre-tokenisers by name. All of them cut UTF-8 bytes, without making strings, into a reused array
// of borders; trainers count the pieces, encoders look them up.
import { bertPunctuationBit, group, groupMask, mapClasses, wordBit } from './character-classes.ts'
import { patterns, type Pattern } from './patterns.ts'
import { createRunScanner, role, splitAtMetaspace } from './run-scanner.ts'
import { createScanner, type Split } from './scanner.ts'

export type { Split } from './scanner.ts'

export const preTokenizerNames = [
  'gpt2',
  'cl100k',
  'o200k',
  'llama3',
  'qwen2',
  'deepseek-v3',
  'bert',
  'whitespace',
  'whitespace-split',
  'metaspace',
  'none',
] as const

export type PreTokenizerName = (typeof preTokenizerNames)[number]

export interface PreTokenizer {
  readonly name: PreTokenizerName
  /** Changes the text before it is encoded and split; only Metaspace does. */
  readonly prepare: ((text: string) => string) | undefined
  /** The rules of a scanner, where the splitter is one; `WordCounter` has a scanner of its own. */
  readonly pattern: Pattern | undefined
  readonly split: Split
}

const made = new Map<PreTokenizerName, PreTokenizer>()

/** The pre-tokeniser of that name; made on first use (about 5 ms) and shared. */
export function preTokenizer(name: PreTokenizerName): PreTokenizer {
  let found = made.get(name)
  if (!found) {
    const pattern = isPattern(name) ? patterns[name] : undefined
    let split: Split | undefined
    found = {
      name,
      prepare: name === 'metaspace' ? metaspace : undefined,
      pattern,
      get split() {
        return (split ??= createSplit(name))
      },
    }
    made.set(name, found)
  }
  return found
}

function isPattern(name: PreTokenizerName): name is keyof typeof patterns {
  return name in patterns
}

function createSplit(name: PreTokenizerName): Split {
  switch (name) {
    case 'bert':
      return createRunScanner(
        mapClasses((characterClass) =>
          isSpace(characterClass)
            ? role.removed
            : characterClass & bertPunctuationBit
              ? role.alone
              : role.word,
        ),
      )
    case 'whitespace':
      return createRunScanner(
        mapClasses((characterClass) =>
          isSpace(characterClass)
            ? role.removed
            : characterClass & wordBit
              ? role.word
              : role.symbols,
        ),
      )
    case 'whitespace-split':
      return createRunScanner(
        mapClasses((characterClass) => (isSpace(characterClass) ? role.removed : role.word)),
      )
    case 'metaspace':
      return splitAtMetaspace
    case 'none':
      return createRunScanner(new Uint8Array(0x110000).fill(role.word))
    default:
      return createScanner(patterns[name].flags(), patterns[name].rules)
  }
}

function isSpace(characterClass: number): boolean {
  const kind = characterClass & groupMask
  return kind === group.space || kind === group.newline
}

/** Sentencepiece's spelling of spaces: each becomes U+2581, and one is put in front of the text. */
function metaspace(text: string): string {
  const marked = text.replaceAll(' ', '\u2581')
  return marked.startsWith('\u2581') || marked === '' ? marked : '\u2581' + marked
}

/** The pieces of a text as strings: for tests and for looking at; trainers use `split`. */
export function splitText(name: PreTokenizerName, text: string): string[] {
  const { prepare, split } = preTokenizer(name)
  const bytes = Buffer.from(prepare ? prepare(text) : text, 'utf8')
  const spans = new Int32Array(512)
  const pieces: string[] = []
  for (let at = 0, count; (count = split(bytes, at, bytes.length, spans)) > 0;) {
    for (let i = 0; i < count; i++) {
      pieces.push(bytes.toString('utf8', spans[2 * i], spans[2 * i + 1]))
    }
    at = spans[2 * count - 1]!
  }
  return pieces
}
