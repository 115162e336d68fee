// What a page as a whole looks like: how long, how linked, which elements, what its URL, OpenGraph and
// JSON-LD say, which software made it. Feeds the page-type model, and the block model through it.
import { latinLength, latinWords, type Blocks } from './blocks.ts'
import { hintBit, hintGroups } from './hints.ts'
import type { HeadFacts } from './metadata.ts'
import { shortCodes } from './codes.ts'
import { phraseTrie, walkEverywhere } from './phrase-trie.ts'
import { phraseKinds } from './phrases.ts'
import type { Page } from './scan.ts'
import { tagNumber } from './tags.ts'

/** Values by page type, as in the WCXB corpus. */
export const pageTypes = [
  'article',
  'service',
  'product',
  'collection',
  'forum',
  'listing',
  'documentation',
] as const
export type PageType = (typeof pageTypes)[number]

const countedTags = [
  'article',
  'main',
  'section',
  'p',
  'li',
  'tr',
  'pre',
  'code',
  'h1',
  'h2',
  'h3',
  'blockquote',
  'form',
  'button',
  'img',
  'time',
  'figure',
  'dt',
  'nav',
  'aside',
  'details',
  'video',
  'select',
] as const
const countedNumbers = countedTags.map(tagNumber)

const urlPatterns: readonly RegExp[] = [
  /forum|thread|topic|\/t\/|viewtopic|showthread|discussion|community|\/questions?\/|bbs|tieba|\/r\//,
  /product|\/p\/|\/dp\/|\/item|\/shop\/|\/sku|\.p\b/,
  /collections?|categor|\/c\/|\/tag|catalog|\/browse|\/list/,
  /docs?[/.]|\/api|reference|manual|guide|help|wiki|learn|developer|support/,
  /blog|news|article|story|\/post|\/\d{4}\/\d{1,2}/,
  /service|solution|about|pricing|what-we-do|consult/,
  /best|top-?\d|\/jobs|\/search|directory|listing|rental|homes/,
]
/** Names that publishing software leaves in the head of its pages. */
const generators: readonly string[] = [
  'discourse vbulletin phpbb xenforo discuz nodebb flarum smf invision',
  'sphinx mkdocs docusaurus gitbook hugo docsy readthedocs vitepress mintlify',
  'shopify woocommerce magento prestashop bigcommerce',
  'wordpress ghost blogger medium typepad hexo jekyll',
  'wix squarespace webflow elementor duda',
]
/** Finds the names anywhere: what follows may be more of a word. */
const generatorTrie = phraseTrie(generators.map((names) => `(?:${names.replaceAll(' ', '|')})\\w*`))
const jsonLdPatterns: readonly RegExp[] = [
  /newsarticle|blogposting|^article|report/i,
  /product|offer/i,
  /itemlist|collectionpage|searchresults/i,
  /faqpage|service|localbusiness|organization/i,
  /discussionforum|qapage|comment/i,
  /techarticle|apireference|howto/i,
]

export const pageFeatureNames: readonly string[] = [
  'logChars',
  'linkDensity',
  'logBlocks',
  'stopsPerBlock',
  'charsPerBlock',
  'logLongestBlock',
  'longBlockShare',
  'cjkShare',
  'hiddenShare',
  'linkedBlockShare',
  'digitShare',
  'duplicateShare',
  ...countedTags.map((name) => `count:${name}`),
  ...hintGroups.map((group) => `hint:${group}`),
  ...phraseKinds.map((kind) => `phrase:${kind}`),
  ...urlPatterns.map((_, i) => `url:${i}`),
  'urlDepth',
  'urlDigits',
  'urlWords',
  'urlKnown',
  ...generators.map((_, i) => `generator:${i}`),
  ...jsonLdPatterns.map((_, i) => `jsonld:${i}`),
  'ogArticle',
  'ogProduct',
  'ogWebsite',
  'hasAuthor',
  'hasDate',
  'logArticleBody',
]

/** Fills one row of page features. `distinct` blocks say different things; `phrases` has the phrase bits of each. */
export function fillPageFeatures(
  page: Page,
  blocks: Blocks,
  distinct: number,
  head: HeadFacts,
  phrases: Int32Array,
  url: string,
  out: Float32Array,
): void {
  const phraseCounts = new Float64Array(phraseKinds.length)
  let at = fillBlockSums(blocks, distinct, phrases, phraseCounts, out)
  at = fillElementCounts(page, out, at)
  for (const each of phraseCounts) out[at++] = Math.log2(1 + each)
  at = fillUrl(url, out, at)
  fillHead(page, head, out, at)
}

/** Counts the phrases too. Returns the next column, like the others. */
function fillBlockSums(
  blocks: Blocks,
  distinct: number,
  phrases: Int32Array,
  phraseCounts: Float64Array,
  out: Float32Array,
): number {
  let at = 0
  let plain = 0
  let chars = 0
  let linkChars = 0
  let stops = 0
  let longest = 0
  let longChars = 0
  let cjk = 0
  let hidden = 0
  let linked = 0
  let digits = 0
  for (let block = 0; block < blocks.count; block++) {
    const size = latinLength(blocks, block)
    const linkedShare = (blocks.linkChars[block] ?? 0) / Math.max(1, blocks.chars[block] ?? 0)
    plain += blocks.chars[block] ?? 0
    chars += size
    linkChars += linkedShare * size
    stops += blocks.stops[block] ?? 0
    cjk += blocks.cjk[block] ?? 0
    hidden += blocks.hiddenChars[block] ?? 0
    digits += blocks.digits[block] ?? 0
    if (size > longest) longest = size
    if (latinWords(blocks, block) >= 20) longChars += size
    if (linkedShare > 0.5) linked++
    for (let bits = phrases[block] ?? 0; bits !== 0; bits &= bits - 1) {
      const kind = 31 - Math.clz32(bits & -bits)
      phraseCounts[kind] = (phraseCounts[kind] ?? 0) + 1
    }
  }
  const count = Math.max(1, blocks.count)
  const total = Math.max(1, chars)
  const plainTotal = Math.max(1, plain)
  out[at++] = Math.log2(1 + chars)
  out[at++] = linkChars / total
  out[at++] = Math.log2(1 + blocks.count)
  out[at++] = stops / count
  out[at++] = chars / count
  out[at++] = Math.log2(1 + longest)
  out[at++] = longChars / total
  out[at++] = cjk / plainTotal
  out[at++] = hidden / plainTotal
  out[at++] = linked / count
  out[at++] = digits / plainTotal
  out[at++] = 1 - distinct / count
  return at
}

function fillElementCounts(page: Page, out: Float32Array, start: number): number {
  let at = start
  const tagCounts = new Float64Array(256)
  const hintCounts = new Float64Array(hintGroups.length)
  for (let node = 0; node < page.count; node++) {
    const number = page.tag[node] ?? 0
    if (number === 0) continue
    tagCounts[number] = (tagCounts[number] ?? 0) + 1
    let bits = (page.bits[node] ?? 0) & 0x1ffffff
    while (bits !== 0) {
      const low = 31 - Math.clz32(bits & -bits)
      hintCounts[low] = (hintCounts[low] ?? 0) + 1
      bits &= bits - 1
    }
  }
  for (const number of countedNumbers) out[at++] = Math.log2(1 + (tagCounts[number] ?? 0))
  for (const group of hintGroups)
    out[at++] = Math.log2(1 + (hintCounts[31 - Math.clz32(hintBit[group])] ?? 0))
  return at
}

function fillUrl(url: string, out: Float32Array, start: number): number {
  let at = start
  // A bare host says nothing: many sources give no more than that.
  const path = url.toLowerCase().replace(/^[a-z]+:\/\/[^/]*/, '')
  const isKnown = path.length > 1
  const lower = isKnown ? url.toLowerCase() : ''
  for (const pattern of urlPatterns) out[at++] = pattern.test(lower) ? 1 : 0
  out[at++] = isKnown ? path.split('/').length : 0
  out[at++] = isKnown ? (path.match(/\d/g) ?? []).length : 0
  out[at++] = isKnown ? lastPart(path).split(/[-_]/).length : 0
  out[at++] = isKnown ? 1 : 0
  return at
}

function fillHead(page: Page, head: HeadFacts, out: Float32Array, column: number): void {
  let at = column
  const generator = head.metas.get('generator') ?? ''
  const found =
    walkEverywhere(generatorTrie, shortCodes(generator), generator.length) |
    walkEverywhere(generatorTrie, page.codes, Math.min(page.html.length, generatorReach))
  for (let i = 0; i < generators.length; i++) out[at++] = (found >> i) & 1
  for (const pattern of jsonLdPatterns)
    out[at++] = head.jsonLd.types.some((type) => pattern.test(type)) ? 1 : 0
  const og = head.metas.get('og:type') ?? ''
  out[at++] = /article/.test(og) ? 1 : 0
  out[at++] = /product/.test(og) ? 1 : 0
  out[at++] = /website/.test(og) ? 1 : 0
  out[at++] = head.jsonLd.author || head.metas.has('author') ? 1 : 0
  out[at++] = head.jsonLd.date || head.metas.has('article:published_time') ? 1 : 0
  out[at++] = Math.log2(1 + head.jsonLd.articleBody.length)
}

/** Characters of the page that are searched for publishing software. */
const generatorReach = 4000

const lastPart = (path: string): string => path.split('/').findLast((part) => part !== '') ?? ''
