// Simplified and traditional Chinese into each other with OpenCC's tables (longest phrase first:
// 头发 -> 頭髮, 发展 -> 發展) through simplecc-wasm, about 38 MB/s; and full-width Latin letters and
// digits into ASCII. Offsets map every unit of the result to the unit of the source it came from, so
// annotations survive. The only file that knows simplecc-wasm exists.
import { simplecc } from 'simplecc-wasm'

/** OpenCC's configurations: s simplified, t traditional, tw Taiwan, hk Hong Kong, p with regional phrases. */
export const conversions = ['t2s', 's2t', 's2tw', 's2twp', 's2hk', 'hk2s'] as const
export type Conversion = (typeof conversions)[number]

export interface Converted {
  readonly text: string
  /** Source offset of each unit of `text`; undefined when unit i comes from unit i throughout. */
  readonly offsets: Uint32Array | undefined
}

const loneSurrogate = /\p{Cs}/u
const hanRuns = /\p{Script=Han}+/gu

/** Converts `text`; everything that is not Chinese stays. Lone surrogates stay, too. */
export function convertVariant(text: string, conversion: Conversion): string {
  if (!loneSurrogate.test(text)) return simplecc(text, conversion)
  // A lone surrogate would be lost on the way into the WebAssembly module.
  return text
    .split(/(\p{Cs}+)/u)
    .map((part, i) => (i % 2 === 0 ? simplecc(part, conversion) : part))
    .join('')
}

/** Converts `text` and keeps the offsets, exactly between runs of Chinese and in proportion inside. */
export function convertWithOffsets(text: string, conversion: Conversion): Converted {
  const whole = convertVariant(text, conversion)
  if (whole.length === text.length) return { text: whole, offsets: undefined }
  let out = ''
  const offsets: number[] = []
  let from = 0
  const keep = (to: number): void => {
    for (let i = from; i < to; i++) offsets.push(i)
    out += text.slice(from, to)
  }
  for (const { index, 0: run } of text.matchAll(hanRuns)) {
    keep(index)
    const converted = convertVariant(run, conversion)
    out += converted
    for (let i = 0; i < converted.length; i++) {
      // Phrases of other length are rare and short; inside such a run the nearest unit is named.
      const at =
        run.length === converted.length ? i : Math.floor((i * run.length) / converted.length)
      offsets.push(index + at)
    }
    from = index + run.length
  }
  keep(text.length)
  return { text: out, offsets: Uint32Array.from(offsets) }
}

/** Ａ-Ｚ, ａ-ｚ and ０-９ as ASCII. Chinese punctuation keeps its width; lengths do not change. */
export function foldWidth(text: string): string {
  return text.replace(/[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]+/g, (run) => {
    let out = ''
    for (let i = 0; i < run.length; i++) out += String.fromCharCode(run.charCodeAt(i) - 0xfee0)
    return out
  })
}
