// Turns text back that was decoded with the wrong character set, where nothing was lost:
//   a  UTF-8 read as Latin-1 or Windows-1252, once or twice (ä½ å¥½, CafÃ©), as ftfy does (Speer 2019)
//   b  GBK or Big5 read as Latin-1 or Windows-1252 (ÄãºÃ), which ftfy leaves alone
// The proof for (a) is the strictness of UTF-8: real text that happens to be valid UTF-8 after such
// a detour is not met. (b) has no such check, so nearly all characters that come out must be among
// the commonest of their set, and nearly everything high in the text must have taken part.
// Cost: one search on clean text; bytes are made only for lines that show the marks.
import { isCommon } from './readings.ts'

export interface MojibakeRepair {
  readonly text: string
  readonly kind: 'utf8-as-latin1' | 'gbk-as-latin1' | 'big5-as-latin1' | undefined
}

/** Two neighbours that UTF-8 or GBK bytes make when read as Latin-1. Accented prose has them rarely. */
const highPair = /[\u0080-\u00ff\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{2}/

/** A lead byte of UTF-8 and all its continuation bytes, as Windows-1252 or Latin-1 characters. */
const continuation =
  '[\\u0080-\\u00bf\\u0152\\u0153\\u0160\\u0161\\u0178\\u017d\\u017e\\u0192\\u02c6\\u02dc\\u2013\\u2014\\u2018-\\u201a\\u201c-\\u201e\\u2020-\\u2022\\u2026\\u2030\\u2039\\u203a\\u20ac\\u2122]'
const utf8Runs = new RegExp(
  `(?:[\\u00c2-\\u00df]${continuation}|[\\u00e0-\\u00ef]${continuation}{2}|[\\u00f0-\\u00f4]${continuation}{3})+`,
  'g',
)

/** Rare Latin letters and phonetic signs, which `É»` or `Ã–` at the end of a real word would become. */
const implausible = /[\u0180-\u0191\u0193-\u0217\u021c-\u02c5\u0700-\u08ff]/
/** A single accented letter is enough when it is one of `Ã©`, `Ã¼`, `Â°`, not a letter before a quote. */
const onlyAccent = /[\u00c2\u00c3][\u00a0-\u00aa\u00ac-\u00ba\u00bc-\u00bf]/

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Repairs (a) and (b); a text that shows neither comes back as it is. */
export function repairMojibake(text: string): MojibakeRepair {
  if (!highPair.test(text)) return { text, kind: undefined }
  const once = repairUtf8(text)
  if (once !== text) {
    const twice = repairUtf8(once)
    return { text: twice, kind: 'utf8-as-latin1' }
  }
  return repairDoubleByte(text)
}

/**
 * Class (a), run by run. Nothing is changed unless the runs cover most of what is high in the text:
 * a page that quotes a piece of mojibake keeps it.
 */
function repairUtf8(text: string): string {
  let [covered, runs, longest] = [0, 0, 0]
  const repaired = text.replace(utf8Runs, (run) => {
    const bytes = latinBytes(run)
    if (bytes === undefined) return run
    try {
      const decoded = strictUtf8.decode(bytes)
      if (implausible.test(decoded)) return run
      covered += run.length
      runs++
      longest = Math.max(longest, run.length)
      return decoded
    } catch {
      return run
    }
  })
  if (runs === 0) return text
  let high = 0
  for (let i = 0; i < text.length; i++) if (isHigh(text.charCodeAt(i))) high++
  const isEnough = runs >= 2 || longest >= 3 || onlyAccent.test(text)
  return covered >= 0.7 * high && isEnough ? repaired : text
}

/** Class (b), the whole text at once, because a trail byte may be ASCII. */
function repairDoubleByte(text: string): MojibakeRepair {
  let [high, other] = [0, 0]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (isHigh(unit)) high++
    else if (unit >= 0x80) other++
  }
  if (high < 6 || other > 0) return { text, kind: undefined }
  const bytes = latinBytes(text)
  if (bytes === undefined) return { text, kind: undefined }
  let best: { text: string; share: number; kind: MojibakeRepair['kind'] } | undefined
  for (const [encoding, kind] of [
    ['gb18030', 'gbk-as-latin1'],
    ['big5', 'big5-as-latin1'],
  ] as const) {
    const decoded = decodeStrictly(bytes, encoding)
    if (decoded === undefined) continue
    const share = commonShare(decoded, encoding === 'big5')
    if (share > (best?.share ?? 0)) best = { text: decoded, share, kind }
  }
  return best !== undefined && best.share >= 0.85
    ? { text: best.text, kind: best.kind }
    : { text, kind: undefined }
}

function decodeStrictly(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Share of the characters above ASCII that are common Chinese characters or punctuation. */
function commonShare(text: string, traditional: boolean): number {
  let [common, all] = [0, 0]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    all++
    const isMark =
      (unit >= 0x3000 && unit < 0x3020) ||
      (unit >= 0xff00 && unit < 0xff60) ||
      (unit >= 0x2010 && unit < 0x2030) ||
      unit === 0xb7
    if (isMark || (traditional ? isCommonTraditional(unit) : isCommon(unit))) common++
  }
  return all < 3 ? 0 : common / all
}

let big5Level1: Uint8Array | undefined

/** One of the 5,401 characters of Big5's first level (A440-C67E). */
function isCommonTraditional(unit: number): boolean {
  if (big5Level1 === undefined) {
    big5Level1 = new Uint8Array(0x10000)
    const decoder = new TextDecoder('big5')
    for (let lead = 0xa4; lead <= 0xc6; lead++) {
      for (let trail = 0x40; trail <= 0xfe; trail++) {
        if (trail === 0x7f) trail = 0xa1
        const decoded = decoder.decode(new Uint8Array([lead, trail]))
        if (decoded.length === 1) big5Level1[decoded.charCodeAt(0)] = 1
      }
    }
  }
  return big5Level1[unit] === 1
}

/** Bytes 80-9F of Windows-1252; the five it leaves free are controls. */
const windows1252 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178'

let byteOfUnit: Int16Array | undefined

/** The bytes whose Windows-1252 or Latin-1 reading is `text`; undefined when there are none. */
function latinBytes(text: string): Uint8Array | undefined {
  if (byteOfUnit === undefined) {
    byteOfUnit = new Int16Array(0x10000).fill(-1)
    for (let byte = 0; byte < 256; byte++) byteOfUnit[byte] = byte
    for (let i = 0; i < 32; i++) byteOfUnit[windows1252.charCodeAt(i)] = 0x80 + i
  }
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const byte = byteOfUnit[text.charCodeAt(i)]!
    if (byte < 0) return undefined
    bytes[i] = byte
  }
  return bytes
}

/** Above ASCII and inside Latin-1 or Windows-1252. */
function isHigh(unit: number): boolean {
  return (
    (unit >= 0x80 && unit < 0x100) ||
    (unit >= 0x152 &&
      unit <= 0x2122 &&
      /[\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]/.test(String.fromCharCode(unit)))
  )
}
