// What every language identifier answers, whichever engine stands behind it. It lives here and not
// among the stages because tokenizer and training tools ask the same question.

export interface LanguageGuess {
  /** BCP-47 tag, `und` for too little text, `zxx` for text that is no language. */
  readonly lang: string
  /** Probability of `lang`, 0..1. */
  readonly score: number
  /** The runner-up, '' when there is none. */
  readonly second: string
  readonly secondScore: number
}

export interface LanguageEngine {
  readonly name: string
  /** Identifies one piece of text; never throws on odd Unicode. */
  identify(text: string): LanguageGuess
}

export const unknownLanguage: LanguageGuess = { lang: 'und', score: 0, second: '', secondScore: 0 }
