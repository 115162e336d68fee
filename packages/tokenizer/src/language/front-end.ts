// What happens to a text before any model sees it: parts that are no language are taken out, and
// text that is none at all is answered here. Every classifier we measured calls Python code English
// or Norwegian, digits Russian and mojibake Vietnamese, with high confidence; this file is why ours
// does not. Cost: one pass over the text, regular expressions only where their marks occur.
import { findMojibake } from './mojibake.ts'
import { scriptNames, scriptOfUnit } from './scripts.ts'

const hani = scriptNames.indexOf('Hani')
const kana = scriptNames.indexOf('Kana')
const latin = scriptNames.indexOf('Latn')

export type TextKind = 'language' | 'zxx' | 'und'

export interface ScriptCount {
  /** Index into scriptNames of the leading script, 0 when there are no letters. */
  readonly script: number
  /** Letters of that script. */
  readonly letters: number
  readonly allLetters: number
}

/** Symbols that code has everywhere and prose has almost nowhere. */
const codeSymbols = new Uint8Array(128)
for (const symbol of '{}[]()<>=;_|\\$#*&^~`/+"@%') codeSymbols[symbol.charCodeAt(0)] = 1

const keywords =
  /\b(?:function|const|let|var|return|import|export|from|def|class|public|private|static|void|int|null|true|false|None|self|elif|else|if|for|while|struct|include|SELECT|INSERT|UPDATE|WHERE|FROM|echo|sudo|npm|pip|git|printf|println|async|await|fn|func|package|new|end|begin|proc|require|module|print|float|double|bool|string|char|try|catch|except|throw|switch|case|break|typedef|namespace|using|template|enum|interface|extends|implements|lambda|yield|mut|impl|use|pub|match|this|div|span|html|body|href|src|cd|ls|rm|mkdir|chmod|apt|docker|curl|wget|main|args|argv|stdin|stdout|px|rgb|color|margin|padding|width|height|INT|VARCHAR|CREATE|TABLE|PRIMARY|KEY|JOIN|GROUP|ORDER|BY|LIMIT|NOT|NULL|DEFAULT)\b/g

/** Options of a command line. */
const flags = /(?:^|\s)--?[a-z][\w-]*(?=[\s=]|$)/g

/** `text` without URLs, mail addresses, tags, entities, inline code and path-like or snake_case tokens. */
export function stripNoise(text: string): string {
  let out = text
  if (out.includes('<')) out = out.replace(/<\/?[a-zA-Z!][^<>]{0,500}>/g, ' ')
  if (out.includes('&')) out = out.replace(/&(?:#x?[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});/g, ' ')
  if (out.includes('`')) out = out.replace(/```[\s\S]*?(?:```|$)|`[^`\n]{1,200}`/g, ' ')
  if (out.includes('://') || /www\./i.test(out)) {
    out = out.replace(/(?:[a-z][a-z0-9+.-]{1,9}:\/\/|www\.)[\x21-\x7e]+/gi, ' ')
  }
  if (out.includes('@')) out = out.replace(/[\w.+-]*@[\w.-]+/g, ' ')
  if (/[_\\/]/.test(out)) {
    out = out.replace(/(?:[A-Za-z]:\\|[~.]{0,2}\/)?[\w.-]+(?:[\\/_][\w.-]+){2,}|\w+_\w+/g, ' ')
  }
  return out
}

/** Is `text` (as written) human language, none (`zxx`: code, data, numbers), or undecidable (`und`)? */
export function kindOfText(text: string, stripped: string, count: ScriptCount): TextKind {
  if (findMojibake(text) !== undefined) return 'und'
  let [visible, symbols, digits, commas] = [0, 0, 0, 0]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit <= 0x20) continue
    visible++
    if (unit >= 128) continue
    symbols += codeSymbols[unit]!
    if (unit >= 0x30 && unit <= 0x39) digits++
    else if (unit === 0x2c || unit === 0x3a) commas++
  }
  if (visible === 0) return 'und'
  const few = count.script === latin ? 2 : 1
  if (count.allLetters < few) return visible > count.allLetters ? 'zxx' : 'und'
  if (count.allLetters * 4 < visible) return 'zxx'
  if (stripped.trim() === '' || !/\p{L}/u.test(stripped)) return 'zxx'
  // Prose in Latin letters is hardly ever less than half letters; tables and settings are.
  if (count.script === latin && count.allLetters * 9 < visible * 4) return 'zxx'
  if (count.script !== latin || symbols * 25 < visible) {
    return digits * 2 > visible && count.letters < 12 ? 'zxx' : 'language'
  }
  if ((text.match(flags)?.length ?? 0) >= 2) return 'zxx'
  if (symbols * 7 > visible) return 'zxx'
  if ((symbols + commas) * 9 > visible && digits * 5 > visible) return 'zxx'
  const words = stripped.match(/[\p{L}\p{N}]+/gu)?.length ?? 0
  const known = text.match(keywords)?.length ?? 0
  return words > 0 && known * 4 >= words && symbols * 20 > visible ? 'zxx' : 'language'
}

/**
 * The leading script of `text[from, to)`. A Latin letter counts a quarter: names, code and markup
 * stand in other scripts far more often than the other way round, and a Han character says as much
 * as four letters. Kana among Han makes the text Japanese above one in ten.
 */
export function countScripts(
  text: string,
  from: number,
  to: number,
  counts: Uint32Array,
): ScriptCount {
  counts.fill(0)
  for (let i = from; i < to; i++) counts[scriptOfUnit[text.charCodeAt(i)]!]!++
  let allLetters = 0
  let [script, best] = [0, 0]
  for (let s = 1; s < scriptNames.length; s++) {
    const letters = counts[s]!
    allLetters += letters
    const weight = s === latin ? 0.25 * letters : letters
    if (weight > best) [script, best] = [s, weight]
  }
  if (script === hani || script === kana) {
    const share = counts[kana]! / (counts[kana]! + counts[hani]!)
    script = share > 0.1 ? kana : hani
  }
  return { script, letters: counts[script]!, allLetters }
}
