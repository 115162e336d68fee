// Copies of pages a crawl is full of: the same address written in other ways, the same bytes
// elsewhere, the same page in a legacy charset or under a wrong label, and articles taken over by
// another site with small edits. Each names its original in `duplicateOf`.
import { encodeLegacy } from './legacy-encode.mjs'
import { similarity } from './package-pages.mjs'
import { renderArticle } from './site-layouts.mjs'
import { sites } from './site-words.mjs'

const textOf = ({ blocks }) =>
  blocks.map(({ text, rows }) => text ?? rows.flat().join(' ')).join('\n')

/** The page of an article in `charset`; how the charset is declared depends on `header`. */
export function articlePage(
  article,
  siteKey,
  all,
  random,
  { charset = 'utf-8', header = 'right' } = {},
) {
  const { url, html } = renderArticle(
    article,
    siteKey,
    all,
    random,
    charset === 'utf-16le' ? 'utf-16' : charset,
  )
  return {
    url,
    body: encodeLegacy(html, charset),
    contentType: header === 'right' ? `text/html; charset=${charset}` : 'text/html',
    kind: sites[siteKey].layout === 'forum' ? 'forum' : 'article',
    lang: article.lang.slice(0, 2),
    ...(article.lang === 'zh-hant' ? { script: 'Hant' } : {}),
    charset,
    source: `corpora/written/${article.lang}/${article.slug}.md`,
    ...(article.lang === 'ja' ? { expect: 'drop', reason: 'language' } : { expect: 'keep' }),
  }
}

/** Other spellings of the address of `page`, which answers with the same bytes. */
export function urlVariants(page) {
  const url = new URL(page.url)
  const spellings = [
    `${page.url}${url.search === '' ? '?' : '&'}utm_source=newsletter&utm_medium=email&spm=a2c4g.11186`,
    `${page.url}#comments`,
    `${url.protocol}//${url.host.toUpperCase()}${url.port === '' ? (url.protocol === 'http:' ? ':80' : ':443') : ''}${url.pathname}${url.search}`,
    page.url.replace(/\/$/, '/index.html'),
    page.url.replaceAll('-', '%2d'),
  ]
  return spellings
    .filter((spelling) => spelling !== page.url)
    .map((spelling) =>
      duplicate(page, { url: spelling, kind: 'duplicate-url', reason: 'duplicate-url' }),
    )
}

/** The same bytes at another address. */
export function exactCopy(page, host) {
  const { pathname } = new URL(page.url)
  return duplicate(page, {
    url: `http://${host}${pathname}`,
    kind: 'exact-copy',
    reason: page.reason ?? 'duplicate-text',
  })
}

/** The same page in another charset on a mirror: equal once decoded. */
export function reEncoded(page, html, charset, host) {
  const { pathname } = new URL(page.url)
  return duplicate(page, {
    url: `http://${host}${pathname}`,
    body: encodeLegacy(html.replaceAll(/charset=("?)utf-8/gi, `charset=$1${charset}`), charset),
    contentType: 'text/html',
    charset,
    kind: 're-encoding',
    reason: page.reason ?? 'duplicate-text',
  })
}

/**
 * `article` as another site took it over: a line in front, the last paragraph shortened, some words
 * changed (`edits`: [from, to] pairs). `similarity` is the Jaccard of 5-grams of the two texts.
 */
export function takenOver(page, article, siteKey, all, random, edits) {
  const blocks = article.blocks.map((block) =>
    block.text === undefined
      ? block
      : {
          ...block,
          text: edits.reduce((text, [from, to]) => text.replaceAll(from, to), block.text),
        },
  )
  const intro =
    article.lang === 'en'
      ? `This article by ${article.author} first appeared elsewhere.`
      : `本文转载自网络，作者${article.author}，如有侵权请联系删除。`
  const copy = {
    ...article,
    slug: `z-${article.slug}`,
    blocks: [{ kind: 'paragraph', text: intro }, ...blocks],
  }
  const rendered = articlePage(copy, siteKey, all, random)
  const shared = similarity(textOf(article), textOf(copy))
  return duplicate(page, {
    ...rendered,
    source: page.source,
    kind: 'near-copy',
    reason: 'near-duplicate',
    similarity: shared,
    expect: shared < 0.75 ? 'either' : 'drop',
  })
}

function duplicate(page, fields) {
  return { ...page, expect: 'drop', duplicateOf: page.url, ...fields }
}
