// Copyright, disclaimers, who edited it, «read more»: lines told by how they begin.
import type { Analysis } from './analyse-page.ts'
import { trait } from './blocks.ts'

/**
 * Lines that no article is made of, whatever stands around them. The training pages are mostly
 * English, so the model has met few of the Chinese ones.
 */
export const stockLine =
  /^[\s【[（(※*■●▲“"—-]*(?:© ?\d|免责声明|免責聲明|版权声明|版權聲明|特别声明|郑重声明|(?:平台|本网|本站|网易|新浪|搜狐|腾讯|凤凰网?)声明|[\u4e00-\u9fff]{2,8}(?:版权与)?(?:免责)?声明[:：]|责任编辑|責任編輯|责编|编辑[:：]|編輯[:：]|(?:(?:发布|更新)?时间[:：])?[\d年月日:：/.\s-]{0,24}[（(]?(?:来源|來源|稿源)[:：]|本文来源|返回搜狐|相关(?:阅读|新闻|文章|报道|专题|链接)|相關(?:閱讀|新聞|文章|報導)|延伸(?:阅读|閱讀)|推荐阅读|更多精彩|扫码|扫一扫|上一篇|下一篇|分享到|转载请注明|未经.{0,12}(?:授权|许可)|凡本[网站]|[①-⑩12345、.\s]*(?:凡)?(?:本网|本站)(?:未)?注明|以上内容.{0,30}(?:发布|观点|立场)|本文(?:仅|只)?代表作者|（完）$|.{0,20}您的支持|网友评论仅供|-*\s*本文(?:结束|完)|.{0,8}(?:目前)?共计? ?\d+ ?篇(?:文章|日志)|.{0,12}\d+ posts in total|baca juga|artikel ini telah tayang|fakta atau hoaks|also read[:：]|follow (?:us on |official )|notice: the content above |lesen sie auch|lees ook|lire aussi|leia (?:mais|também)|lea también|read more[:：]|all rights reserved)/i

/** Whether a block is a stock line; most are told by their first character and cost no string. */
export const isStockLine = (analysis: Analysis, block: number): boolean =>
  mayBeStockLine(analysis, block) && stockLine.test(analysis.textOf(block))

/**
 * A line of plain Latin text has no Chinese phrase in it, and the other stock lines start with a few
 * pairs of letters or tell how many posts there are in total.
 */
export function mayBeStockLine({ page, blocks }: Analysis, block: number): boolean {
  const isPlain = ((blocks.traits[block] as number) & ~trait.uneven) === 0
  const mayCount =
    (blocks.digits[block] as number) > 0 &&
    (blocks.chars[block] as number) >= '1postsintotal'.length
  if (!isPlain || mayCount) return true
  const node = blocks.first[block] as number
  const { codes, from, to } = page
  let at = from[node] as number
  const stop = to[node] as number
  while (at < stop && beforeStockLine[codes[at] as number] === 1) at++
  const start = codes[at] as number
  return (
    start === copyright || (stockStart[start] === 1 && stockNext[codes[at + 1] as number] === 1)
  )
}

const beforeStockLine = new Uint8Array(1 << 16).fill(1, 0, 33)
for (const char of '[(*"-\u00a0') beforeStockLine[char.charCodeAt(0)] = 1
/** First letters of the Latin stock lines, and second ones. */
const stockStart = new Uint8Array(1 << 16)
for (const char of 'abflnrABFLNR') stockStart[char.charCodeAt(0)] = 1
const stockNext = new Uint8Array(1 << 16)
for (const char of 'aeilorAEILOR') stockNext[char.charCodeAt(0)] = 1
const copyright = 0xa9
