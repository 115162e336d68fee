// Letters per script. First form; the tables come from unicode-tables.ts.
export interface ScriptHistogram {
  readonly letters: number
  readonly han: number
  readonly kana: number
  readonly hangul: number
  readonly latin: number
  readonly thai: number
  readonly cyrillic: number
  readonly arabic: number
  readonly other: number
}

/** Counts letters by script in one pass over code points. */
export function analyseScripts(text: string): ScriptHistogram {
  let [han, kana, hangul, latin, thai, cyrillic, arabic, other] = [0, 0, 0, 0, 0, 0, 0, 0]
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!
    if (code > 0xffff) i++
    if (code < 0x41) continue
    if ((code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)) latin++
    else if (code < 0xc0) continue
    else if (code < 0x250) latin++
    else if (code >= 0x400 && code < 0x530) cyrillic++
    else if (code >= 0x600 && code < 0x700) arabic++
    else if (code >= 0xe00 && code < 0xe60) thai++
    else if (code >= 0x3041 && code < 0x3100) kana++
    else if ((code >= 0x3400 && code < 0xa000) || (code >= 0xf900 && code < 0xfb00)) han++
    else if (code >= 0x20000 && code < 0x40000) han++
    else if (code >= 0xac00 && code < 0xd7a4) hangul++
    else if (/\p{L}/u.test(String.fromCodePoint(code))) other++
  }
  const letters = han + kana + hangul + latin + thai + cyrillic + arabic + other
  return { letters, han, kana, hangul, latin, thai, cyrillic, arabic, other }
}
