// Text that was decoded with the wrong character set and says nothing in any language, found by
// marks that real text does not have. Detection only; the `repair` stage mends what can be mended.
//   latin  UTF-8 or GBK bytes read as Latin-1 / Windows-1252: Ã©, ä½ å¥½, ÄãºÃ
//   gbk    UTF-8 bytes read as GBK: 浣犲ソ, and 锟斤拷, which is U+FFFD twice
//   fill   烫烫烫 and 屯屯屯, uninitialised memory of a C++ debug build
//   lost   runs of U+FFFD, private-use characters, half surrogates
// A wrong decoder cannot produce these by chance: lead bytes E4-E9 of UTF-8 Chinese become 384 rare
// characters of GBK's second level, which make up under 1 % of real text and over 40 % of this.

export type Mojibake = 'latin' | 'gbk' | 'fill' | 'lost'

/** Share of units that must look wrong before a text is called mojibake. */
const minShare = 0.3
const fillChars = /烫{3,}|屯{3,}|锟斤拷/g
/** A UTF-8 lead byte followed by a continuation byte, both as Latin-1 or Windows-1252 characters. */
const utf8AsLatin =
  /[\u00c2-\u00f4](?=[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122])/g

let leads: Uint8Array | undefined

/** The kind of mojibake that makes up most of `text`, or undefined. One pass, then at most three. */
export function findMojibake(text: string): Mojibake | undefined {
  leads ??= gbkLeads()
  let [visible, lost, high, letters, suspicious, han] = [0, 0, 0, 0, 0, 0]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit <= 0x20) continue
    visible++
    if (unit < 0x80) {
      if ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a) letters++
    } else if (unit < 0x100) high++
    else if (unit >= 0x4e00 && unit < 0xa000) {
      han++
      suspicious += leads[unit]!
    } else if (unit === 0xfffd || (unit >= 0xe000 && unit < 0xf900)) lost++
    else if (unit >= 0xd800 && unit < 0xe000) {
      const next = text.charCodeAt(i + 1)
      if (unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) i++
      else lost++
    }
  }
  if (visible === 0) return undefined
  if (lost >= 2 && lost >= minShare * visible) return 'lost'
  if (han >= 3 && (text.match(fillChars)?.join('').length ?? 0) >= minShare * visible) return 'fill'
  if (han >= 4 && suspicious >= 0.35 * han) return 'gbk'
  if (high < 3) return undefined
  const pairs = text.match(utf8AsLatin)?.length ?? 0
  if (pairs >= 2 && pairs * 2 >= minShare * visible) return 'latin'
  // GBK read as Latin-1 has next to no ASCII letters; Vietnamese has three for each accented one.
  return high >= 4 && high > 2 * letters && high >= 0.5 * visible ? 'latin' : undefined
}

/** Marks the characters that GBK makes of the first two bytes of UTF-8 Chinese and punctuation. */
function gbkLeads(): Uint8Array {
  const table = new Uint8Array(0x10000)
  const decoder = new TextDecoder('gb18030')
  for (let lead = 0xe3; lead <= 0xef; lead++) {
    if (lead > 0xe9 && lead < 0xef) continue
    for (let trail = 0x80; trail <= 0xbf; trail++) {
      if (lead === 0xe3 && trail > 0x82) continue
      table[decoder.decode(new Uint8Array([lead, trail])).charCodeAt(0)] = 1
    }
  }
  return table
}
