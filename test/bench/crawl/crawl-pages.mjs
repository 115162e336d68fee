// Where the pages of a benchmark crawl come from: HTML files of Debian packages, and pages of poems
// made of npm's chinese-poetry. Only paths are held; a page is read when it is used.
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { htmlFiles, pins } from '../../../corpora/build/package-pages.mjs'
import { unpackPackage } from '../../../corpora/build/packages.mjs'
import { shuffle } from '../../../corpora/build/random.mjs'
import { recordId } from '../../../corpora/build/warc-records.mjs'

// Name and the folder of its pages. Not redistributed, so any licence Debian carries will do.
const packages = {
  'apache2-doc': '',
  'rapidjson-doc': '',
  'postgresql-doc-15': '',
  'python-django-doc': '',
  'libboost1.74-doc': 'doc',
  'libboost1.81-doc': 'doc',
  'debian-handbook': '',
  'debian-reference-zh-cn': '',
  'debian-reference-ja': '',
  'debian-reference-de': '',
  'installation-guide-amd64': '',
  'libreoffice-help-zh-cn': '',
  'libreoffice-help-ja': '',
  'python3.11-doc': '',
  'cppreference-doc-en-html': '',
  'openjdk-17-doc': '',
  'linux-doc-6.1': '',
  'sqlite3-doc': '',
}

/**
 * { pools: { chinese, other }, packages }: shuffled page references and the versions used. Fetches
 * missing packages.
 */
export function crawlPages(cache, random) {
  const versions = {}
  const pages = []
  for (const name of Object.keys(packages)) {
    const pinned = pins.find((pin) => pin.name === name)
    const pin = pinned ?? { name, version: candidateVersion(name), from: 'debian' }
    versions[name] = pin.version
    const root = join(unpackPackage(pin, cache), 'usr/share')
    for (const file of htmlFiles(root, 2_000, 300_000)) pages.push({ name, root, file })
  }
  const poetry = pins.find(({ name }) => name === 'chinese-poetry')
  versions[poetry.name] = poetry.version
  const chinese = pages.filter(isChinese)
  const other = pages.filter((page) => !isChinese(page))
  chinese.push(
    ...poemPages(join(unpackPackage(poetry, cache), 'package/dist/quantangshi'), chinese.length),
  )
  return {
    pools: { chinese: shuffle(chinese, random), other: shuffle(other, random) },
    packages: versions,
  }
}

function candidateVersion(name) {
  const policy = execFileSync('apt-cache', ['policy', name], { encoding: 'utf8' })
  const version = /Candidate: (\S+)/.exec(policy)?.[1]
  if (version === undefined)
    throw new Error(`${name}: apt knows no such package; run apt-get update`)
  return version
}

function isChinese({ name, file }) {
  return /zh[-_]?cn|zh[-_]hans/i.test(`${name}/${file}`)
}

/** References to pages of 20 poems each, at most `count`. */
function poemPages(folder, count) {
  const files = readdirSync(folder)
    .filter((file) => /^poet\.\w+\.\d+\.json$/.test(file))
    .toSorted()
  const perFile = 50
  return files
    .flatMap((file) =>
      Array.from({ length: perFile }, (_, part) => ({ name: 'poetry', folder, file, part })),
    )
    .slice(0, count)
}

/** A page as records want it: { id, url, body, contentType, charset, lang, kind, expect }. */
export function readPage(reference) {
  const page = reference.name === 'poetry' ? readPoems(reference) : readHtml(reference)
  return { ...page, id: recordId(`response ${page.url}`) }
}

function readHtml({ name, root, file }) {
  const body = readFileSync(join(root, file))
  const head = body.toString('latin1', 0, 4000)
  const charset = (/charset=["']?([\w-]+)/i.exec(head)?.[1] ?? 'utf-8').toLowerCase()
  const lang = isChinese({ name, file }) ? 'zh' : languageOf(head, file, name)
  return {
    url: `http://${name.replaceAll(/[^a-z0-9-]/g, '-')}.example/${file.split('/').map(encodeURIComponent).join('/')}`,
    body,
    contentType: charset === 'utf-8' ? 'text/html; charset=utf-8' : 'text/html',
    charset,
    lang,
    kind: 'documentation',
    expect: 'either',
  }
}

function languageOf(head, file, name) {
  const declared = /<html[^>]*\blang=["']?([a-z]{2,3})/i.exec(head)?.[1]
  if (declared !== undefined) return declared.toLowerCase()
  return (
    /[/.-](de|es|fr|ja|ko|tr|ru|it|pt|nl|pl|cs|da|ro|vi|id|ar|el|sv)(?:[/.-]|$)/.exec(
      `${name}/${file}`,
    )?.[1] ?? 'en'
  )
}

function readPoems({ folder, file, part }) {
  const poems = poemsOf(join(folder, file)).slice(part * 20, part * 20 + 20)
  const html = poems
    .map(
      ({ title, author, paragraphs }) =>
        `<h3>${title}</h3><p class="author">${author}</p><p>${paragraphs.join('<br>')}</p>`,
    )
    .join('\n')
  return {
    url: `http://poems.example/${file.replace('.json', '')}/${part}.html`,
    body: Buffer.from(
      `<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>${poems[0]?.title ?? ''}</title></head><body><div class="nav"><a href="/">首页</a></div>${html}</body></html>\n`,
    ),
    contentType: 'text/html; charset=utf-8',
    charset: 'utf-8',
    lang: 'lzh',
    kind: 'classical',
    expect: 'either',
  }
}

// The last file read: pages of one file are apart in the crawl, so this only saves a little.
let lastPoems = { path: '', poems: [] }

function poemsOf(path) {
  if (lastPoems.path !== path) lastPoems = { path, poems: JSON.parse(readFileSync(path, 'utf8')) }
  return lastPoems.poems
}
