// Rules for Chinese pages: the questions of Gopher and FineWeb, asked in a way that fits a script
// without spaces. Start values are FineWeb2's `cmn_Hani` configuration and the recipes of MAP-NEO and
// ChineseWebText, re-fitted on our own measures (docs/log.md has the shares each rule drops).
//
// What is particular to Chinese:
// - words come from a segmenter; the mean length is about 1.6, Latin words left out of it;
// - a page must be Chinese: ideographs among its letters, in either script, none preferred;
// - a line ends in 。！？… with ”’」』）】》 after it; ： and ； end the parts of a list;
// - spam shows in its marks (【】 ★ ◆), digits, contact cues and "read more" line ends;
// - numbered lists （一） 1、 are prose habits, not bullets.
// The text is judged, never changed: punctuation stays full-width.
//
// Cost: jieba's segmentation (shared), then about one pass over tokens and one over characters.
import { z } from 'zod'
import { defineFilter, type Judge } from '@shardmill/core/stage'
import type { Document } from '@shardmill/core/document'
import { countWords, hasStopWords, stopWordHashes } from './gopher-quality.ts'
import { measureLines } from './line-measures.ts'
import { measureRepetition } from './repetition.ts'

const share = z.number().min(0).max(1)

export const chineseQualityOptions = z.strictObject({
  minWords: z
    .int()
    .min(0)
    .default(50)
    .describe('Documents of fewer words are dropped; Chinese is segmented.'),
  maxWords: z.int().min(1).default(100_000).describe('Documents of more words are dropped.'),
  minChars: z
    .int()
    .min(0)
    .default(100)
    .describe('Documents of fewer characters are dropped; white space is not counted.'),
  minHanLetters: share
    .default(0.3)
    .describe('Least share of ideographs among the letters; below it the document is not Chinese.'),
  minMeanWordLength: z
    .number()
    .min(0)
    .default(1.2)
    .describe('Least mean length of words with ideographs, in characters.'),
  maxMeanWordLength: z
    .number()
    .min(0)
    .default(4)
    .describe('Greatest mean length of words with ideographs, in characters.'),
  minLetterWords: share
    .default(0.65)
    .describe(
      'Least share of words with a letter among words, numbers and marks that stand alone.',
    ),
  minStopWords: z
    .int()
    .min(0)
    .default(2)
    .describe('How many different words of `stopWords` must occur.'),
  stopWords: z
    .array(z.string().min(1))
    .default(
      Array.from('的年在月是和日了於于为為有被人中他她与與後后也而由这這我不就都说說要会會到'),
    )
    .describe('Common Chinese words, of which running text holds several.'),
  minTerminatedLines: share
    .default(0.106)
    .describe('Least share of lines that end like a sentence or a list item.'),
  maxEllipsisLines: share
    .default(0.3)
    .describe('Most lines that end in an ellipsis or "read more", as a share of the lines.'),
  maxBulletLines: share
    .default(0.9)
    .describe('Most lines that begin with a bullet, as a share of the lines.'),
  shortLineLength: z
    .int()
    .min(0)
    .default(12)
    .describe('Lines of at most so many characters are short, for `maxShortLines`.'),
  maxShortLines: share
    .default(0.85)
    .describe('Most short lines, as a share of the lines; 1 switches the rule off.'),
  maxBreaksPerWord: z
    .number()
    .min(0)
    .default(0.178)
    .describe('Most line breaks per word: more is a list.'),
  maxBracketChars: share.default(0.1).describe('Most brackets, as a share of the characters.'),
  maxDecorationChars: share
    .default(0.03)
    .describe('Most decorations (★ ◆ ║ …), as a share of the characters.'),
  maxDigitChars: share.default(0.3).describe('Most digits, as a share of the characters.'),
  maxHashChars: share.default(0.1).describe('Most `#`, as a share of the characters.'),
  maxDuplicateLines: share
    .default(0.287)
    .describe('Most lines that copy an earlier one, as a share of the lines.'),
  maxDuplicateLineChars: share
    .default(0.2)
    .describe('Most characters in lines that copy an earlier one, as a share of all.'),
  maxTopNgramChars: z
    .array(share)
    .max(9)
    .default([0.2, 0.18, 0.16])
    .describe(
      'Most characters covered by the commonest 2-gram, 3-gram, 4-gram of words, as shares.',
    ),
  maxDuplicateNgramChars: z
    .array(share)
    .max(6)
    .default([0.23, 0.2, 0.18, 0.167, 0.15, 0.14])
    .describe('Most characters in repeated 5-grams, 6-grams, … 10-grams of words, as shares.'),
  maxSpamCues: z
    .number()
    .min(0)
    .default(2.5)
    .describe('Most contact and selling cues (加微信, 点击下载, 代开发票, …) per hundred words.'),
})

export type ChineseQualityOptions = z.output<typeof chineseQualityOptions>

export const chineseQuality = defineFilter({
  name: 'chinese-quality',
  summary: 'Length, lines, marks, repetition and spam cues for Chinese, simplified or traditional.',
  options: chineseQualityOptions,
  judge: judgeChineseQuality,
})

/** Compiles the rules; answers the first that fails. */
export function judgeChineseQuality(options: ChineseQualityOptions): Judge {
  const stopWords = stopWordHashes(options.stopWords)
  const top = options.maxTopNgramChars
  const duplicate = options.maxDuplicateNgramChars
  const maxN = Math.max(1 + top.length, duplicate.length === 0 ? 0 : 4 + duplicate.length)
  return (doc) => {
    const { scripts } = doc
    if (scripts.han < options.minHanLetters * scripts.letters) return 'not-chinese'
    const marks = countMarks(doc.text)
    if (marks.chars < options.minChars) return 'too-few-characters'
    const { words } = doc
    const { letters, numbers, marks: alone } = countWords(words)
    if (letters + numbers < options.minWords) return 'too-few-words'
    if (letters + numbers > options.maxWords) return 'too-many-words'
    const mean = meanHanWordLength(doc)
    if (mean < options.minMeanWordLength) return 'words-too-short'
    if (mean > options.maxMeanWordLength) return 'words-too-long'

    if (marks.brackets > options.maxBracketChars * marks.chars) return 'too-many-brackets'
    if (marks.decorations > options.maxDecorationChars * marks.chars) return 'too-many-decorations'
    if (marks.digits > options.maxDigitChars * marks.chars) return 'too-many-digits'
    if (marks.hashes > options.maxHashChars * marks.chars) return 'too-many-hashes'
    if (letters < options.minLetterWords * (letters + numbers + alone))
      return 'too-few-words-with-letters'
    if (!hasStopWords(words, stopWords, options.minStopWords)) return 'too-few-stop-words'

    const cues = doc.text.match(spamCues)?.length ?? 0
    if (cues * 100 > options.maxSpamCues * words.count) return 'too-many-spam-cues'

    const reason = judgeLines(doc, options)
    if (reason !== undefined) return reason
    const { topShare, duplicateShare } = measureRepetition(words, maxN)
    for (const [i, limit] of top.entries()) {
      if (topShare[i + 2]! > limit) return `top-${i + 2}-gram`
    }
    for (const [i, limit] of duplicate.entries()) {
      if (duplicateShare[i + 5]! > limit) return `duplicate-${i + 5}-grams`
    }
    return undefined
  }
}

function judgeLines(doc: Document, options: ChineseQualityOptions): string | undefined {
  const measures = measureLines(doc)
  const { lines, chars, spans } = measures
  if (measures.terminated + measures.listed < options.minTerminatedLines * lines) {
    return 'too-few-terminated-lines'
  }
  let [short, cut] = [0, measures.ellipses]
  for (let line = 0; line < lines; line++) {
    const [start, end] = [spans.starts[line]!, spans.ends[line]!]
    if (end - start <= options.shortLineLength) short++
    if (readMore.test(doc.text.slice(Math.max(start, end - 6), end))) cut++
  }
  if (cut > options.maxEllipsisLines * lines) return 'too-many-ellipsis-lines'
  if (measures.bullets > options.maxBulletLines * lines) return 'too-many-bullet-lines'
  if (short > options.maxShortLines * lines) return 'too-many-short-lines'
  if (measures.breaks > options.maxBreaksPerWord * doc.words.count) return 'too-many-line-breaks'
  if (measures.duplicateLines > options.maxDuplicateLines * lines) return 'duplicate-lines'
  const isCopied = measures.duplicateLineChars > options.maxDuplicateLineChars * chars
  return isCopied ? 'duplicate-line-chars' : undefined
}

const readMore = /(?:展开|更多|阅读全文|查看全文|閱讀全文|展開)[>»›]{0,2}$/

/**
 * Phrases that sell or lure, simplified and traditional. Written for this project; each is rare in
 * edited prose, so their density tells advertisement and link farms from text.
 */
const spamCues = new RegExp(
  [
    '加(?:微信|威信|薇信|V信|QQ|扣扣|群)|微信(?:号|公众号|同号)|客服(?:QQ|微信|热线)|(?:联系|咨询)(?:电话|微信|QQ|热线)',
    '点击(?:下载|进入|查看|注册|领取|咨询)|立即(?:下载|注册|咨询|购买|领取|体验)|免[费費](?:领取|領|下载|注册|观看|试玩)|扫码(?:关注|领取|添加)',
    '代开(?:发票)?|发票代开|办证|刻章|代孕|私家侦探|(?:信用卡|网贷)套现|无抵押贷款|快速放款|当天放款',
    '网上赌|澳门(?:新?葡京|威尼斯|娱乐|赌)|[娱娛][乐樂](?:城|平台|场(?!所))|老虎机|百家[乐樂]|时时彩|六合彩|北京赛车|开户送|[注註][册冊]送|[体體][验驗]金|送彩金|首存|体育投注|博彩',
    '高清无码|无码(?:视频|在线)|成人(?:视频|电影)|(?:激情|黄色|三级)(?:视频|电影|小说)|一夜情|上门服务|同城约|约炮|裸聊',
    '全网最低价|厂家直销|批发价|价格优惠|欢迎(?:来电|选购|订购|咨询)|包邮|限时(?:抢购|秒杀|优惠)|买一送一|货到付款|正品保证',
    '日赚|月入(?:过万|\\d+)|稳赚不赔|躺赚|刷单|兼职(?:赚钱|日结)|躺着赚钱|高额回报|私服|外挂|刷钻|代练',
    'SEO优化|排名优化|友情链接|关键词(?:排名|优化)|快速排名|外链|群发软件',
  ].join('|'),
  'g',
)

interface Marks {
  /** Units that are not white space. */
  readonly chars: number
  readonly brackets: number
  readonly decorations: number
  readonly digits: number
  readonly hashes: number
}

const CHAR = 1
const BRACKET = 2
const DECORATION = 3
const DIGIT = 4
const HASH = 5

const markClasses = new Uint8Array(0x10000).fill(CHAR)
for (const unit of [9, 10, 11, 12, 13, 32, 0xa0, 0x3000, 0xfeff]) markClasses[unit] = 0
for (const mark of '【】〖〗') markClasses[mark.charCodeAt(0)] = BRACKET
for (const mark of '★☆◆◇■□▲△▼▽●○◎♀♂※→←↑↓↘↙♥♡❤✅✔✓✨☎✆➤►▶⬇⬆') {
  markClasses[mark.charCodeAt(0)] = DECORATION
}
for (let digit = 0; digit < 10; digit++) {
  markClasses[0x30 + digit] = DIGIT
  markClasses[0xff10 + digit] = DIGIT
}
markClasses[0x23] = HASH
// Emoji of the supplementary planes begin with these high surrogates; both halves count.
for (const unit of [0xd83c, 0xd83d, 0xd83e]) markClasses[unit] = DECORATION

/** Characters by what they say about a page, in one pass. */
function countMarks(text: string): Marks {
  const counts = new Uint32Array(6)
  for (let i = 0; i < text.length; i++) counts[markClasses[text.charCodeAt(i)]!]!++
  const [, plain, brackets, decorations, digits, hashes] = counts
  return {
    chars: plain! + brackets! + decorations! + digits! + hashes!,
    brackets: brackets!,
    decorations: decorations!,
    digits: digits!,
    hashes: hashes!,
  }
}

/** Mean length of the words that start with an ideograph; 0 when there is none. */
function meanHanWordLength({ text, words }: Document): number {
  let [count, chars] = [0, 0]
  for (let i = 0; i < words.count; i++) {
    const unit = text.charCodeAt(words.starts[i]!)
    const isHan = (unit >= 0x3400 && unit < 0xa000) || (unit >= 0xd840 && unit < 0xd8c0)
    if (!isHan) continue
    count++
    chars += words.ends[i]! - words.starts[i]!
  }
  return count === 0 ? 0 : chars / count
}
