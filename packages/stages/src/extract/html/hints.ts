// What class, id, role and itemprop words say about an element, as bits and as a learned weight.
// Words are cut at anything that is no letter and at camelCase humps, hashed while they are read and
// looked up in one table; nothing is allocated. The groups follow the word lists extractors have
// used since Readability (Arc90, 2009), but a bit only reports the word: the model decides what it
// is worth. Words of Chinese sites are often pinyin or English, so both are listed.
import { hashStart, hashStep, hashWord } from './tags.ts'

const groups = {
  comment:
    'comment comments commentlist commentarea disqus reply replies respond pinglun liuyan discussion',
  navigation:
    'nav navbar navigation menu menus topnav navi breadcrumb breadcrumbs crumb crumbs mianbaoxie daohang dropdown submenu megamenu',
  footer: 'footer foot bottom colophon copyright legal footnav footerlinks',
  header: 'header head masthead topbar banner top hero',
  sidebar: 'sidebar side aside rail sidenav right rightbar leftbar secondary column',
  related:
    'related recommend recommended recommendation recommendations similar more also recirc recirculation trending popular latest hot upsell crosssell tuijian xiangguan readmore next prev previous pager pagination paging',
  share:
    'share sharing social sns addthis sharethis bdshare fenxiang follow facebook twitter weibo wechat weixin like likes jiathis',
  promotion:
    'ad ads advert advertisement advertising adsense sponsor sponsored promo promotion guanggao dfp gpt cta offer',
  consent: 'cookie cookies consent gdpr onetrust privacy',
  overlay:
    'modal popup overlay lightbox dialog tooltip toast drawer offcanvas newsletter subscribe subscription signup login signin register',
  byline:
    'meta author byline date time published timestamp postmeta info credit infos source laiyuan zuozhe shijian views',
  tags: 'tag tags category categories label labels topics keywords badge',
  body: 'content article post entry body text main story articlebody postbody entrycontent postcontent maincontent articlecontent contents detail details zhengwen neirong wenzhang markdown prose wysiwyg rte richtext copy',
  title:
    'title headline heading subtitle subheading biaoti deck lede standfirst summary excerpt intro abstract',
  product:
    'product products sku specs spec specification specifications feature features description desc price buy cart',
  review: 'review reviews rating ratings testimonial testimonials stars feedback',
  message:
    'message messages thread threads topic forum question answer answers postmessage pcontent post_message bbs reply_content signature sig user profile avatar member',
  search: 'search filter filters sort sorting facet facets toolbar tools form input',
  widget: 'widget widgets plugin module block box sidebox panel',
  card: 'card cards item items list grid tile tiles teaser row results result listing listings feed',
  caption:
    'caption figcaption figure image img photo gallery slider carousel slideshow thumb thumbnail media video player',
  code: 'code highlight codehilite prettyprint hljs gutter linenos lineno',
  contents: 'toc mulu catalog outline tableofcontents jumplinks anchor skip',
  accordion: 'accordion tab tabs faq faqs collapse collapsible expand toggle',
  hidden: 'hidden hide none sronly screenreader visuallyhidden invisible noprint print offscreen',
} as const

export type HintGroup = keyof typeof groups
export const hintGroups = Object.keys(groups) as readonly HintGroup[]

/** The bit of a group. Bits 25-28 are set from attributes, see below. */
export const hintBit = Object.fromEntries(hintGroups.map((group, i) => [group, 1 << i])) as Record<
  HintGroup,
  number
>
export const attributeBit = {
  /** itemprop or role says that this is the content: articleBody, main, article. */
  isContent: 1 << 25,
  /** role says that it is not: navigation, banner, contentinfo, complementary, search, dialog. */
  isBoilerplate: 1 << 26,
  /** hidden, aria-hidden or display:none. */
  isHidden: 1 << 27,
  /** Has an itemprop: microdata to read. */
  isProperty: 1 << 28,
} as const

const slots = 8192
const slotHash = new Int32Array(slots)
const slotBits = new Int32Array(slots)
const slotWeight = new Float32Array(slots)
const slotUsed = new Uint8Array(slots)

function slotOf(hash: number): number {
  let slot = (hash ^ (hash >>> 15)) & (slots - 1)
  while (slotUsed[slot] === 1 && slotHash[slot] !== hash) slot = (slot + 1) & (slots - 1)
  return slot
}

function add(word: string, bits: number, weight: number): void {
  const hash = hashWord(word)
  const slot = slotOf(hash)
  slotUsed[slot] = 1
  slotHash[slot] = hash
  slotBits[slot] = (slotBits[slot] ?? 0) | bits
  slotWeight[slot] = weight
}

for (const group of hintGroups)
  for (const word of groups[group].split(' ')) add(word, hintBit[group], 0)

/** Replaces the learned weights of class words; at most 4,096 words. */
export function setClassWeights(weights: Readonly<Record<string, number>>): void {
  slotWeight.fill(0)
  for (const [word, weight] of Object.entries(weights)) add(word, 0, weight)
}

/**
 * What the attributes of a tag say so far: group bits, summed weight, and a hash of the letters of its classes,
 * which elements that look alike share.
 */
export const hints = { bits: 0, weight: 0, look: 0 }

/** Reads the words of an attribute value and adds what they say to `hints`; returns a hash of its letters. */
export function readHints(codes: Uint16Array, from: number, to: number): number {
  let letters = hashStart
  let hash = hashStart
  let length = 0
  let wasLower = false
  for (let i = from; i <= to; i++) {
    const code = i < to ? (codes[i] as number) : 32
    const isLower = code >= 97 && code <= 122
    const isUpper = code >= 65 && code <= 90
    if ((!isLower && !isUpper) || (isUpper && wasLower)) {
      if (length > 1) {
        const slot = slotOf(hash)
        hints.bits |= slotBits[slot] ?? 0
        hints.weight += slotWeight[slot] ?? 0
      }
      if (length > 0) letters = hashStep(letters, hash)
      hash = hashStart
      length = 0
      wasLower = false
      if (!isUpper) continue
    }
    hash = hashStep(hash, code)
    length++
    wasLower = isLower
  }
  return letters
}

/** The words `readHints` would look up, for training. */
export function classWords(value: string): string[] {
  return value
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word.length > 1)
}
