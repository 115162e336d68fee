// Writes src/data/readings.json: the Mandarin readings of every traditional-only character, from
// pinyin-pro (MIT), for the repair stage.
//   node packages/stages/scripts/readings.mjs
import { readFileSync, writeFileSync } from 'node:fs'
import { pinyin } from 'pinyin-pro'

const variants = new URL('../../tokenizer/src/data/han-variants.json', import.meta.url)
const { hant } = JSON.parse(readFileSync(variants, 'utf8'))
const readings = {}
for (const char of hant) {
  const found = pinyin(char, { multiple: true, type: 'array' }).filter(
    (reading) => reading !== char,
  )
  if (found.length > 0) readings[char] = found.join(' ')
}
const source = 'pinyin-pro 3.29; scripts/readings.mjs'
const rows = Object.entries(readings).map(
  ([char, list]) => `${JSON.stringify(char)}: ${JSON.stringify(list)}`,
)
writeFileSync(
  new URL('../src/data/readings.json', import.meta.url),
  `{\n"source": ${JSON.stringify(source)},\n"readings": {\n${rows.join(',\n')}\n}\n}\n`,
)
process.stdout.write(`${rows.length} characters\n`)
