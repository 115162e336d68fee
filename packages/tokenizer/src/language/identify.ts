// Identifies the language of a piece of text or of a whole document with our own model.
// A piece: front end (front-end.ts), then the script, then the model among the script's languages,
// then variant rules for Chinese. A document: up to four windows are cut into chunks of lines, each
// chunk votes with its letters; the votes give the language, the runner-up and the mixture.
// A document costs at most 8 kB of reading however long it is.
import { createScorer, readLanguageModel } from './model.ts'
import { countScripts, kindOfText, stripNoise } from './front-end.ts'
import type { LanguageEngine, LanguageGuess } from './engine.ts'
import { functionWordShare } from './function-words.ts'
import { profileHan } from './han.ts'
import { scriptNames, singleScriptLanguages, type ScriptName } from './scripts.ts'

export interface DocumentGuess extends LanguageGuess {
  /** ISO 15924: Latn, Hans, Hant, Jpan, ...; Zyyy when nothing was found. */
  readonly script: string
  /** Shares of all languages with at least 5 % of the letters read, largest first. */
  readonly mix: readonly { readonly lang: string; readonly share: number }[]
}

export interface LanguageIdentifier extends LanguageEngine {
  identify(text: string): LanguageGuess
  identifyDocument(text: string): DocumentGuess
  /** Labels the model can answer, variants and single-script languages not included. */
  readonly labels: readonly string[]
}

const defaultModel = new URL('../data/language-model.bin', import.meta.url)

const windowChars = 2048
const windowCount = 4
/** Letters of a chunk: long enough to be certain, short enough to see a second language. */
const chunkChars = 240

interface Piece extends LanguageGuess {
  readonly letters: number
  readonly script: ScriptName | 'Hans' | 'Hant' | 'Jpan' | 'Zyyy'
}

/** Reads the model (about 15 ms) and returns an identifier; it holds buffers, one per thread. */
export function createLanguageIdentifier(path: string | URL = defaultModel): LanguageIdentifier {
  const model = readLanguageModel(path)
  const score = createScorer(model)
  const { labels } = model.header
  const counts = new Uint32Array(256)

  function identifyPiece(raw: string): Piece {
    const text = stripNoise(raw)
    const count = countScripts(text, 0, text.length, counts)
    const kind = kindOfText(raw, text, count)
    if (kind !== 'language') return nothing(kind, kind === 'zxx' ? 0.9 : 0)
    const { script, letters } = count
    const name = scriptNames[script]!
    if (name === 'Kana') return certain('ja', 'Jpan', letters)
    const single = singleScriptLanguages[name]
    if (single !== undefined) return certain(single, name, letters)
    const found = score(text, 0, text.length, script)
    if (found.first < 0) return nothing('und', 0)
    const guess = {
      lang: labels[found.first]!,
      score: found.firstScore,
      second: found.second < 0 ? '' : labels[found.second]!,
      secondScore: found.secondScore,
      letters,
      script: name,
    }
    return name === 'Hani' ? chineseVariant(guess, text) : guess
  }

  function identifyDocument(text: string): DocumentGuess {
    const votes = new Map<string, { weight: number; script: string }>()
    let [letters, other] = [0, 0]
    let zxx = false
    for (const piece of chunks(text)) {
      const guess = identifyPiece(piece)
      if (guess.letters === 0) {
        other += piece.length
        zxx ||= guess.lang === 'zxx'
        continue
      }
      const weight = weightOf(guess, piece)
      letters += weight
      vote(votes, guess.lang, weight * guess.score, guess.script)
      if (guess.second !== '') vote(votes, guess.second, weight * guess.secondScore, guess.script)
    }
    // Mostly code or data with a few words between: no language.
    if (letters === 0 || letters * 12 < other) {
      return { ...nothing(zxx ? 'zxx' : 'und', zxx ? 0.9 : 0), mix: [] }
    }
    const ranked = [...votes].toSorted(([a, x], [b, y]) => y.weight - x.weight || (a < b ? -1 : 1))
    const [[lang, first], second] = [ranked[0]!, ranked[1]]
    return {
      lang,
      score: first.weight / letters,
      second: second?.[0] ?? '',
      secondScore: (second?.[1].weight ?? 0) / letters,
      script: first.script,
      mix: ranked
        .map(([tag, { weight }]) => ({ lang: tag, share: weight / letters }))
        .filter(({ share }) => share >= 0.05),
    }
  }

  return {
    name: 'shardmill',
    labels,
    identify: (text) =>
      text.length <= 2 * chunkChars ? identifyPiece(text) : identifyDocument(text),
    identifyDocument,
  }
}

function vote(
  votes: Map<string, { weight: number; script: string }>,
  lang: string,
  weight: number,
  script: string,
): void {
  const before = votes.get(lang)
  if (before === undefined) votes.set(lang, { weight, script })
  else before.weight += weight
}

/** Chunks of whole lines, about `chunkChars` long, from at most four windows spread over the text. */
function* chunks(text: string): Generator<string> {
  if (text.length <= chunkChars) {
    yield text
    return
  }
  const whole = text.length <= windowChars * windowCount
  for (let w = 0; w < (whole ? 1 : windowCount); w++) {
    let from = Math.floor(((text.length - windowChars) * w) / (windowCount - 1))
    if (w > 0 && !whole) {
      const line = text.indexOf('\n', from)
      if (line >= 0 && line - from < 200) from = line + 1
    }
    const end = whole ? text.length : Math.min(text.length, from + windowChars)
    if (whole) from = 0
    while (from < end) {
      let to = Math.min(end, from + chunkChars)
      if (to < end) {
        // Ends at the last line break of the chunk, else at its last space.
        const line = text.lastIndexOf('\n', to)
        const space = text.lastIndexOf(' ', to)
        if (line > from + chunkChars / 4) to = line
        else if (space > from + chunkChars / 2) to = space
      }
      yield text.slice(from, to)
      from = to
    }
  }
}

function certain(lang: string, script: Piece['script'], letters: number): Piece {
  return { lang, score: letters < 4 ? 0.9 : 0.99, second: '', secondScore: 0, letters, script }
}

function nothing(lang: 'und' | 'zxx', score: number): Piece {
  return { lang, score, second: '', secondScore: 0, letters: 0, script: 'Zyyy' }
}

/**
 * How much a chunk's vote counts: its letters, a Han or kana character as four. English without
 * function words counts a quarter: that is what identifiers, menus and lists of products look like,
 * and without this a Chinese page about programming is English by weight of code.
 */
function weightOf({ lang, letters, script }: Piece, text: string): number {
  if (script.startsWith('Han') || script === 'Jpan') return 4 * letters
  if (lang !== 'en' || letters < 30) return letters
  return functionWordShare(text, 'en')! < 0.12 ? letters / 4 : letters
}

/** The model only tells Chinese from Japanese; tables tell the rest. */
function chineseVariant(guess: Piece, text: string): Piece {
  if (guess.lang !== 'zh') return { ...guess, script: 'Jpan' }
  const { lang, variant } = profileHan(text)
  if (lang === 'ja') return certain('ja', 'Jpan', guess.letters)
  const script = variant === 'Hans' || variant === 'Hant' ? variant : 'Hani'
  const tag = lang === 'zh' && script !== 'Hani' ? `zh-${script}` : lang
  return { ...guess, lang: tag, script }
}
