// Reads what collect.js wrote: filters the word lists, decides how often each label is drawn.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const scriptOfLabel = {
  Cyrl: 'be bg kk ky mk mn ru sr tg tt uk uz-Cyrl az-Cyrl ba cv',
  Arab: 'ar fa ps sd ug ur ckb',
  Deva: 'hi mr ne sa mai bho',
  Beng: 'bn as',
  Ethi: 'am ti',
  Hebr: 'he yi',
  Tibt: 'bo dz',
  Hani: 'zh ja',
}
const scripts = new Map(
  Object.entries(scriptOfLabel).flatMap(([script, names]) =>
    names.split(' ').map((l) => [l, script]),
  ),
)

/** Labels met often on the web; the others are drawn less, as they would take their neighbours. */
const common = new Set(
  (
    'af ar az be bg bn bs ca cs cy da de en eo es et eu fa fi fr ga gu he hi hr hu hy id is it ja ka ' +
    'kk ko ky la lg lt lv mi mk mn mr ms nb ne nl nn pa pl pt ro ru sk sl sn so sq sr sr-Latn st sv ' +
    'sw ta te th tl tn tr ts uk ur uz vi xh yo zh zu gl am'
  ).split(' '),
)

/**
 * Drawn more or less than their class: close relatives share a web in unequal parts, and a label
 * with little text must not be shouted down by a neighbour with a lot.
 */
const emphasis = {
  hr: 1.3,
  bs: 0.8,
  nb: 1.4,
  nn: 0.6,
  sw: 0.6,
  sn: 1.5,
  zu: 1.4,
  xh: 1.2,
  lg: 1.3,
  st: 1.2,
  ht: 0.5,
  szl: 0.5,
  tk: 0.5,
  hi: 1.5,
  ne: 0.6,
  es: 1.2,
  pt: 1.2,
  gl: 0.6,
  en: 1.4,
  nl: 1.2,
  af: 0.8,
  zh: 2,
  ja: 0.6,
  ceb: 0.5,
  da: 1.2,
  id: 1.2,
}

/** LabelData for `trainLanguageModel`; `scale` multiplies the texts drawn per epoch. */
export function readLabelData(folder, { scale = 1 } = {}) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.lines.txt'))
  const labels = names.map((name) => name.replace('.lines.txt', '')).toSorted()
  const data = labels.map((label) => ({
    label,
    script: scripts.get(label) ?? 'Latn',
    lines: list(join(folder, `${label}.lines.txt`)),
    words: list(join(folder, `${label}.words.txt`)),
  }))
  const owners = new Map()
  for (const { words } of data)
    for (const word of words) owners.set(word, (owners.get(word) ?? 0) + 1)
  const english = new Set(data.find(({ label }) => label === 'en').words)
  const kept = []
  for (const { label, script, lines, words } of data) {
    if (lines.length + words.length === 0) continue
    const own = new Set(lines.flatMap((line) => line.toLowerCase().split(/[^\p{L}\p{M}'’-]+/u)))
    // Word lists made from web pages hold foreign words: English ones, and those of many lists.
    const clean = words.filter(
      (word) => own.has(word) || (owners.get(word) < 5 && (label === 'en' || !english.has(word))),
    )
    const draws = Math.round(scale * (common.has(label) ? 16_000 : 6000) * (emphasis[label] ?? 1))
    kept.push({
      label,
      script,
      lines: lines.length > 0 ? lines.concat(legacy(label, lines)) : clean,
      words: clean,
      draws,
    })
  }
  return kept
}

/** Turkish read in the wrong 8-bit set is common on old pages: one line in ten is shown that way. */
function legacy(label, lines) {
  if (label !== 'tr') return []
  const wrong = { ı: 'ý', ş: 'þ', ğ: 'ð', İ: 'Ý', Ş: 'Þ', Ğ: 'Ð' }
  return lines
    .filter((_, i) => i % 10 === 0)
    .map((line) => line.replace(/[ışğİŞĞ]/g, (c) => wrong[c]))
}

function list(path) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}
