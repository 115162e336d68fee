// How often `repair` gives a damaged text back exactly, and how often it touches one that is whole.
//   node packages/stages/bench/repair.mjs --text DIR [--lingua DIR]
// `--text` holds .txt files of Chinese prose (zh-*.txt), `--lingua` the folders of lingua's test data.
// Made cases: simplified prose turned traditional with readings behind a fixed part of the converted
// characters (200), and prose encoded in UTF-8, GBK or Big5 and read as Latin-1 or Windows-1252.
// Whole texts: glosses and dictionary entries written for this bench (200 variations), and 5,000
// sentences and paragraphs of zh, ja, ko, fr and vi.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pinyin } from 'pinyin-pro'
import { buildStale } from '../../cli/build.js'

await buildStale()
const { repair } = await import('@shardmill/stages/clean/repair')
const { repairMojibake } = await import('@shardmill/stages/clean/repair/mojibake')
const { convertVariant } = await import('@shardmill/tokenizer/language/convert')
const { hanTables, hantOnly } = await import('@shardmill/tokenizer/language/han')
const { Document } = await import('@shardmill/core')
const { seeded } = await import('@shardmill/core/random')

const { values } = parseArgs({ options: { text: { type: 'string' }, lingua: { type: 'string' } } })
if (!values.text) throw new Error('repair bench: give --text')
const random = seeded(1)
const context = {
  count() {},
  beat() {},
  path: (path) => path,
  signal: new AbortController().signal,
  seed: 1,
  scratch: '',
}
const stage = await repair.create(repair.options.parse({}), context)
async function repaired(text) {
  const document = new Document({ id: 'x', text })
  await stage.process([document])
  return document.text
}

const prose = readdirSync(values.text)
  .filter((name) => name.startsWith('zh-') && name.endsWith('.txt'))
  .flatMap((name) =>
    readFileSync(join(values.text, name), 'utf8')
      .split('\n')
      .filter((line) => isProse(line)),
  )
function isProse(line) {
  const han = line.match(/\p{Script=Han}/gu)?.length ?? 0
  return line.length >= 30 && line.length <= 400 && han > 0.7 * line.length && !/[(（]/.test(line)
}
const pick = () => prose[random.below(prose.length)].trim()

// 1. Readings.
const { flags } = hanTables()
let [cases, exact, tried] = [0, 0, 0]
while (cases < 200) {
  const clean = `${pick()}\n${pick()}\n${pick()}`
  const traditional = convertVariant(clean, 's2t')
  // Where OpenCC itself does not come back (乾, 著), nobody could.
  tried++
  if (convertVariant(traditional, 't2s') !== clean) continue
  const chosen = 0.2 + 0.6 * random.next()
  const marked = new Map()
  let readings = 0
  const damaged = [...traditional]
    .map((char) => {
      if ((flags[char.charCodeAt(0)] & hantOnly) === 0) return char
      if (!marked.has(char)) marked.set(char, random.next() < chosen)
      if (!marked.get(char)) return char
      readings++
      const [open, close] = cases % 2 === 0 ? '()' : '（）'
      return `${char}${open}${pinyin(char)}${close}`
    })
    .join('')
  if (readings < 3) continue
  cases++
  const answer = await repaired(damaged)
  if (answer === clean) exact++
  else console.log(`  not back: ${damaged.slice(0, 80)} -> ${answer.slice(0, 60)}`)
}
console.log(`readings: ${exact} of ${cases} back exactly (${tried - cases} drawn texts left out)`)

// 2. Honest texts with pinyin.
const honest = []
const rare = [
  '龜(guī)裂',
  '饕餮(tāotiè)',
  '齷齪（wòchuò）',
  '尷尬(gān gà)',
  '囹圄（língyǔ）',
  '耄耋(màodié)',
  '魑魅（chīmèi）',
  '鬱(yù)鬱寡歡',
  '糴(dí)米',
  '竈(zào)王爺',
]
const simple = [
  '学（xué）',
  '习（xí）',
  '中（zhōng）',
  '国（guó）',
  '好（hǎo）',
  '马（mǎ）',
  '妈（mā）',
  '你(nǐ)',
  '们(men)',
  '语(yǔ)',
  '长(cháng)',
  '行(háng)',
]
const entries = [
  '馬（mǎ）：一種家畜。',
  '學（xué）：學習，學問。',
  '門（mén）：出入口。',
  '車（chē）：陸地交通工具。',
  '魚（yú）：水中動物。',
  '鳥（niǎo）：飛禽的總稱。',
  '龍（lóng）：傳說中的神獸。',
  '書（shū）：裝訂成冊的著作。',
]
for (let i = 0; i < 200; i++) {
  const body = pick()
  if (i % 4 === 0)
    honest.push(
      `${body}其中“${simple[i % 12]}”字最常见，另有${simple[(i + 5) % 12]}、${simple[(i + 7) % 12]}和${simple[(i + 3) % 12]}。${pick()}`,
    )
  else if (i % 4 === 1)
    honest.push(
      `${convertVariant(body, 's2t')}成語${rare[i % 10]}一詞，又作${rare[(i + 3) % 10]}，參見${rare[(i + 6) % 10]}。`,
    )
  else if (i % 4 === 2)
    honest.push(
      entries
        .toSpliced(i % 8, 1)
        .slice(0, 3 + (i % 5))
        .join('\n'),
    )
  else
    honest.push(
      `我(wǒ)們(men)今(jīn)天(tiān)學(xué)習(xí)漢(hàn)語(yǔ)，老(lǎo)師(shī)說(shuō)：${i}。`,
    )
}
let touched = 0
for (const text of honest) {
  const answer = await repaired(text)
  if (answer === text) continue
  touched++
  console.log(`  honest text changed: ${text.slice(0, 70)} -> ${answer.slice(0, 50)}`)
}
console.log(`honest texts with pinyin: ${touched} of ${honest.length} changed`)

// 3. Mojibake.
const encoders = new Map(['gb18030', 'big5'].map((name) => [name, reverseTable(name)]))
function reverseTable(name) {
  const decoder = new TextDecoder(name, { fatal: true })
  const table = new Map()
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      try {
        const char = decoder.decode(new Uint8Array([lead, trail]))
        if (char.length === 1 && !table.has(char)) table.set(char, [lead, trail])
      } catch {
        continue
      }
    }
  }
  return table
}
function encode(text, name) {
  if (name === 'utf-8') return new TextEncoder().encode(text)
  const bytes = []
  for (const char of text) {
    const pair = char < '\u0080' ? [char.charCodeAt(0)] : encoders.get(name).get(char)
    if (pair === undefined) return undefined
    bytes.push(...pair)
  }
  return Uint8Array.from(bytes)
}
const windows =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178'
function misread(bytes, asWindows) {
  return Array.from(bytes, (byte) =>
    asWindows && byte >= 0x80 && byte < 0xa0 ? windows[byte - 0x80] : String.fromCharCode(byte),
  ).join('')
}
const latin = [
  'Le café était fermé à cause de la fête, où l’on dansait.',
  'Die Größe der Bäume überraschte die Gäste sehr.',
  'El niño comió piñas y bebió té en el jardín.',
  'Žluťoučký kůň pěl ďábelské ódy.',
]
for (const [name, encoding, times] of [
  ['a utf-8 once', 'utf-8', 1],
  ['a utf-8 twice', 'utf-8', 2],
  ['b gbk', 'gb18030', 1],
  ['b big5', 'big5', 1],
]) {
  let [done, right] = [0, 0]
  while (done < 200) {
    let text = encoding === 'utf-8' && done % 4 === 0 ? latin[(done / 4) % 4] : pick()
    if (encoding === 'big5') text = convertVariant(text, 's2t')
    let broken = text
    for (let i = 0; i < times && broken !== undefined; i++) {
      const bytes = encode(broken, encoding)
      broken = bytes && misread(bytes, done % 2 === 0)
    }
    if (broken === undefined) continue
    done++
    const answer = await repaired(broken)
    if (answer === text) right++
    else console.log(`  not back: ${text.slice(0, 40)} -> ${answer.slice(0, 40)}`)
  }
  console.log(`mojibake ${name}: ${right} of ${done} back exactly`)
}

// 4. Whole texts.
if (values.lingua) {
  let [whole, changed] = [0, 0]
  for (const lang of ['zh', 'ja', 'ko', 'fr', 'vi']) {
    for (const level of ['sentences', 'word-pairs']) {
      for (const text of readFileSync(join(values.lingua, lang, `${level}.txt`), 'utf8')
        .split('\n')
        .filter(Boolean)) {
        whole++
        if (repairMojibake(text).text === text) continue
        changed++
        console.log(`  whole text changed (${lang}): ${text.slice(0, 100)}`)
      }
    }
  }
  for (; whole < 10_000; whole++) {
    const text = pick()
    if ((await repaired(text)) !== text) changed++
  }
  console.log(`whole texts: ${changed} of ${whole} changed`)
}
