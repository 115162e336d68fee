// Which added tokens play the usual roles. Files do not say it (tokenizer_config.json may), so roles
// are found by the names that published tokenizers use; commands let the user name them instead.
import type { Tokenizer } from './tokenizer.ts'

const names = {
  bos: ['<s>', '<bos>', '<|begin_of_text|>', '<|bos|>', '<|startoftext|>', '[CLS]'],
  eos: ['</s>', '<eos>', '<|endoftext|>', '<|end_of_text|>', '<|eos|>', '<|im_end|>', '[SEP]'],
  pad: ['<pad>', '[PAD]', '<|pad|>', '<|padding|>'],
  mask: ['[MASK]', '<mask>', '<|mask|>'],
} as const

export type SpecialRole = keyof typeof names

/** The id of the token that plays a role, or undefined when none has a known name. */
export function specialId(tokenizer: Tokenizer, role: SpecialRole): number | undefined {
  for (const name of names[role]) {
    const found = tokenizer.parts.addedTokens.find(({ content }) => content === name)
    if (found) return found.id
  }
  return undefined
}
