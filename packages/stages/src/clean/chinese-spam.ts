// Keyword pages in Chinese: link farms, hijacked company sites, gambling and adult directories. Seven
// signals, each 0..1, are weighed into one score; a page of prose stays under 0.2, a keyword page
// comes to 0.5 and more. The signals after ChineseWebText's and MAP-NEO's rules and our own reading
// of such pages: next to no function words, both kinds of Chinese characters, rows of phone, QQ and
// WeChat numbers, separators instead of sentences, short lines, wares by name, one phrase repeated.
// The score is written to meta.zh_spam; with `maxScore` below 1 pages above it are dropped.
// Cost: one pass and six searches, about 40 MB/s. Documents in other languages pass untouched.
import { z } from 'zod'
import type { Document } from '@shardmill/core/document'
import { defineFilter } from '@shardmill/core/stage'
import { functionWordShare } from '@shardmill/tokenizer/language/function-words'
import { profileHan } from '@shardmill/tokenizer/language/han'

export const chineseSpam = defineFilter({
  name: 'chinese-spam',
  summary: 'A spam score for Chinese keyword pages; drops what lies above it.',
  options: z.strictObject({
    maxScore: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('Pages with a higher spam score, from 0 to 1, are dropped.'),
    minHan: z.int().min(1).default(50).describe('Pages with fewer ideographs are not judged.'),
  }),
  judge({ maxScore, minHan }) {
    return (doc) => {
      if (doc.lang !== '' && !doc.lang.startsWith('zh')) return undefined
      const score = spamScore(doc, minHan)
      if (score === undefined) return undefined
      doc.meta.zh_spam = Math.round(score * 1000) / 1000
      return score > maxScore ? 'keyword-spam' : undefined
    }
  },
})

const contacts =
  /(?:QQ|扣扣|微信|VX|电话|電話|手机|手機|热线|熱線|客服|传真|傳真|咨询|諮詢)[号號：:\s]*[A-Za-z0-9-]{5,}|1[3-9]\d[- ]?\d{4}[- ]?\d{4}|400[- ]?\d{3,4}[- ]?\d{3,4}/gi
const wares =
  /棋牌|彩票|博彩|赌场|賭場|下注|百家乐|百家樂|娱乐城|娛樂城|真人荷官|六合彩|无码|無碼|有码|人妻|一区二区|久久|国产精品|國產精品|成人视频|成人視頻|私服|外挂|代孕|办证|辦證|发票代开|代開發票|贷款秒批|壮阳|迷药|官网下载|官網下載|手机版登录|手機版登錄|注册送/g

/** Weighted signals, or undefined for a page with too little Chinese. */
export function spamScore({ text, lines }: Document, minHan: number): number | undefined {
  let [han, separators, stops, visible] = [0, 0, 0, 0]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit <= 0x20 || unit === 0x3000) continue
    visible++
    if (unit >= 0x3400 && unit < 0xa000) han++
    else if (isSeparator(unit)) separators++
    else if (unit === 0x3002 || unit === 0xff01 || unit === 0xff1f || unit === 0xff1b) stops++
  }
  if (han < minHan || han * 4 < visible) return undefined
  const { hans, hant } = profileHan(text)
  let short = 0
  let filled = 0
  for (let i = 0; i < lines.count; i++) {
    const length = lines.ends[i]! - lines.starts[i]!
    if (length === 0) continue
    filled++
    if (length < 10) short++
  }
  const words = functionWordShare(text, 'zh') ?? 0
  const per100 = (count: number): number => (100 * count) / han
  return (
    0.3 * ramp(words, 0.06, 0.015) +
    0.1 * ramp(Math.min(hans, hant) / Math.max(1, hans + hant), 0.05, 0.2) +
    0.1 * ramp(per100(text.match(contacts)?.length ?? 0), 0.2, 1.5) +
    0.15 * ramp(separators / visible, 0.04, 0.12) +
    0.1 * ramp(short / Math.max(1, filled), 0.4, 0.8) +
    0.25 * ramp(per100(text.match(wares)?.length ?? 0), 0.1, 1) +
    0.1 * ramp(per100(stops), 1, 0.1)
  )
}

function isSeparator(unit: number): boolean {
  return unit === 0x7c || unit === 0x5f || unit === 0x2d || unit === 0x2f || unit === 0x2c || unit === 0x3e ||
    unit === 0x3001 || unit === 0xff5c || unit === 0xb7 || unit === 0xff0c // prettier-ignore
}

/** 0 at `low`, 1 at `high`, straight between; `high` may be the smaller. */
function ramp(value: number, low: number, high: number): number {
  return Math.max(0, Math.min(1, (value - low) / (high - low)))
}
