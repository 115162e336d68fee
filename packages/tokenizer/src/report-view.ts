// Tokens of a text as the report shows them.
import type { Tokenizer } from './tokenizer.ts'

export type ViewedToken = readonly [id: number, start: number, end: number]

/** Ids with the part of the text each covers; special tokens in the text are plain text. */
export function viewTokens(tokenizer: Tokenizer, text: string): ViewedToken[] {
  const { ids, starts, ends } = tokenizer.encodeWithOffsets(text, { specials: 'text' })
  return Array.from(ids, (id, i) => [id, starts[i]!, ends[i]!] as const)
}
