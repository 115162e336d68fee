// Writes src/data/han-variants.json from OpenCC's character tables (Apache-2.0) as simplecc-wasm
// (MIT) applies them to single characters:
//   hans      characters that s2t changes and t2s does not: simplified only
//   hant      characters that t2s changes and s2t does not: traditional only
//   simplify  pairs of code units, traditional then simplified, both in the basic plane
//   node packages/tokenizer/scripts/language/han-tables.js
import { writeFileSync } from 'node:fs'
import { simplecc } from 'simplecc-wasm'

let [hans, hant, simplify] = ['', '', '']
for (const [from, to] of [
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xf900, 0xfad9],
]) {
  for (let unit = from; unit <= to; unit++) {
    const char = String.fromCharCode(unit)
    const [simple, traditional] = [simplecc(char, 't2s'), simplecc(char, 's2t')]
    if (traditional !== char && simple === char) hans += char
    if (simple !== char && traditional === char) hant += char
    if (simple !== char && simple.length === 1) simplify += char + simple
  }
}
const path = new URL('../../src/data/han-variants.json', import.meta.url)
const source = 'OpenCC tables through simplecc-wasm 1.1.1; scripts/language/han-tables.js'
writeFileSync(path, JSON.stringify({ source, hans, hant, simplify }, undefined, 1) + '\n')
process.stdout.write(`${hans.length} hans, ${hant.length} hant, ${simplify.length / 2} pairs\n`)
