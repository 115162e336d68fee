// Writes src/data/han-variants.json from OpenCC's character tables (Apache-2.0) as simplecc-wasm
// (MIT) applies them to single characters:
//   hans      characters that s2t changes and t2s does not and that Big5's first level does not have
//             (台, 后, 里 are traditional characters of their own): simplified only
//   hant      characters that t2s changes and s2t does not: traditional only
//   kanji     characters of JIS X 0208 that neither GB 2312 nor Big5 has and t2s leaves alone (発, 駅,
//             働): Japanese only
//   simplify  pairs of code units, traditional then simplified, both in the basic plane
//   node packages/tokenizer/scripts/language/han-tables.js
import { writeFileSync } from 'node:fs'
import { simplecc } from 'simplecc-wasm'

const big5 = new TextDecoder('big5')
const traditionalToo = new Set()
for (let lead = 0xa4; lead <= 0xc6; lead++) {
  for (let trail = 0x40; trail <= 0xfe; trail++) {
    traditionalToo.add(big5.decode(new Uint8Array([lead, trail])))
  }
}
const known = new Set()
for (const name of ['gb2312', 'big5', 'shift_jis']) {
  const decoder = new TextDecoder(name === 'gb2312' ? 'gb18030' : name)
  for (let lead = 0x81; lead <= 0xfc; lead++) {
    // GB 2312 proper lies in A1-F7, A1-FE of what GBK extended.
    if (name === 'gb2312' && (lead < 0xb0 || lead > 0xf7)) continue
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      if (name === 'gb2312' && trail < 0xa1) continue
      known.add(name + decoder.decode(new Uint8Array([lead, trail])))
    }
  }
}
let [hans, hant, simplify, kanji] = ['', '', '', '']
for (const [from, to] of [
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xf900, 0xfad9],
]) {
  for (let unit = from; unit <= to; unit++) {
    const char = String.fromCharCode(unit)
    const [simple, traditional] = [simplecc(char, 't2s'), simplecc(char, 's2t')]
    if (traditional !== char && simple === char && !traditionalToo.has(char)) hans += char
    if (simple !== char && traditional === char) hant += char
    const isJapanese = known.has(`shift_jis${char}`)
    if (isJapanese && simple === char && !known.has(`gb2312${char}`) && !known.has(`big5${char}`))
      kanji += char
    if (simple !== char && simple.length === 1) simplify += char + simple
  }
}
const path = new URL('../../src/data/han-variants.json', import.meta.url)
const source = 'OpenCC tables through simplecc-wasm 1.1.1; scripts/language/han-tables.js'
writeFileSync(path, JSON.stringify({ source, hans, hant, kanji, simplify }, undefined, 1) + '\n')
process.stdout.write(`${hans.length} hans, ${hant.length} hant, ${simplify.length / 2} pairs\n`)
