// The three questions that normalizers and added tokens ask about a code point, over one shared table.
import { bertPunctuationBit, characterClasses, group } from './pretokenize/character-classes.ts'
import { groupMask, wordBit } from './pretokenize/character-classes.ts'

let shared: Uint8Array | undefined

function classOf(codePoint: number): number {
  return (shared ??= characterClasses())[codePoint]!
}

/** White_Space, line ends included. */
export function isSpace(codePoint: number): boolean {
  const kind = classOf(codePoint) & groupMask
  return kind === group.space || kind === group.newline
}

/** General category M. */
export function isMark(codePoint: number): boolean {
  return (classOf(codePoint) & groupMask) === group.mark
}

/** `\w` of HF's regular expressions. */
export function isWordCharacter(codePoint: number): boolean {
  return (classOf(codePoint) & wordBit) !== 0
}

/** Set apart by BertPreTokenizer. */
export function isBertPunctuation(codePoint: number): boolean {
  return (classOf(codePoint) & bertPunctuationBit) !== 0
}
