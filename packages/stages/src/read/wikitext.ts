// Wikitext to plain text, in one pass with a stack of open brackets: templates, tables, references,
// files and categories go; links give their label, headings their text, lists a dash. Sections left
// empty and those that only list sources or links go too.
//
// Not an interpreter: templates are not expanded. A few that wrap words inline (language marks,
// links to other wikis, units) give their words; all others vanish with what they would have shown.
// In Chinese text `-{zh-hans:鼠标;zh-hant:滑鼠}-` gives the variant asked for.
// Cost: linear; brackets nested deeper than 64 are taken as text.
import { decodeHTML } from 'entities'

export interface WikitextOptions {
  /** Which form of `-{…}-` to take, in order of preference. */
  readonly variants: readonly string[]
  /** This wiki's own names of the file and category namespaces, in lower case. */
  readonly hiddenNamespaces?: ReadonlySet<string>
}

const maxDepth = 64
const maxTagLength = 1000

interface Frame {
  readonly close: '}}' | ']]' | '}-' | '|}' | ''
  /** Parts between `|` at this level; the last one grows. */
  readonly parts: string[]
}

const token = /\{\{|\}\}|\{\||\|\}|\[\[|\]\]|-\{|\}-|\||<!--|<\/?[a-z][a-z0-9]*/gi

/** Inner text is dropped. */
const droppedTags = new Set(
  (
    'ref references gallery timeline imagemap score templatestyles graph templatedata mapframe ' +
    'maplink indicator inputbox hiero section style'
  ).split(' '),
)
/** Inner text is taken as it is, brackets and all. */
const rawTags = new Set([
  'nowiki',
  'pre',
  'code',
  'syntaxhighlight',
  'source',
  'math',
  'chem',
  'ce',
])

/** Inline templates by name, and which unnamed parameter holds their words (1 is the first). */
const inlineTemplates: Readonly<Record<string, number>> = {
  lang: 2,
  nowrap: 1,
  nobr: 1,
  abbr: 1,
  'link-en': 1,
  'link-ja': 1,
  'link-de': 1,
  'link-fr': 1,
  le: 1,
  ill: 1,
  tsl: 3,
  tls: 3,
  internal: 1,
  langwithname: 3,
  small: 1,
  big: 1,
  smaller: 1,
  sup: 1,
  sub: 1,
  frac: 1,
  color: 2,
  僻字: 1,
  jpn: 1,
  ruby: 1,
  'ruby-ja': 1,
  bd: 1,
  tlx: 1,
  quote: 1,
  cquote: 1,
}

/** Headings of sections that hold no running text. */
const listSections =
  /^(?:references?|notes?|footnotes?|citations?|sources|bibliography|external links?|further reading|see also|参考文献|參考文獻|参考资料|參考資料|参考|參考|注释|註釋|注解|註解|脚注|腳註|外部链接|外部連結|外部鏈接|参见|參見|参看|相关条目|相關條目|延伸阅读|延伸閱讀|来源|來源)$/i

/** Plain text of a page's wikitext: paragraphs, one empty line between blocks. */
export function wikitextToText(source: string, options: WikitextOptions): string {
  return tidy(unwrap(source, options))
}

/** Resolves all brackets and tags. */
function unwrap(source: string, options: WikitextOptions): string {
  const stack: Frame[] = [{ close: '', parts: [''] }]
  const withoutEnd = new Set<string>()
  const append = (text: string) => {
    const { parts } = stack.at(-1)!
    parts[parts.length - 1] += text
  }
  let at = 0
  token.lastIndex = 0
  for (let match = token.exec(source); match !== null; match = token.exec(source)) {
    const [found] = match
    append(source.slice(at, match.index))
    at = match.index + found.length
    const top = stack.at(-1)!
    if (found === top.close && !(found === '|}' && source[at] === '}')) {
      stack.pop()
      append(closeFrame(top, options))
    } else if (found === '|}' || found === '|') {
      at = match.index + 1
      token.lastIndex = at
      if (top.close === '' || top.close === '|}') append('|')
      else top.parts.push('')
    } else if (found === '{{' || found === '[[' || found === '-{' || found === '{|') {
      const isTable = found === '{|'
      if (stack.length > maxDepth || (isTable && !startsLine(source, match.index))) {
        append(isTable ? '{' : found)
        if (isTable) token.lastIndex = at = match.index + 1
      } else {
        const close = isTable ? '|}' : found === '{{' ? '}}' : found === '[[' ? ']]' : '}-'
        stack.push({ close, parts: [''] })
      }
    } else if (found === '<!--') {
      const end = source.indexOf('-->', at)
      at = end < 0 ? source.length : end + 3
      token.lastIndex = at
    } else if (found.startsWith('<')) {
      const tag = readTag(source, match.index, found, withoutEnd)
      append(tag.text)
      at = tag.end
      token.lastIndex = at
    } else {
      append(found)
    }
  }
  append(source.slice(at))
  // What was never closed is text, without its bracket.
  while (stack.length > 1) {
    const frame = stack.pop()!
    append(frame.close === '|}' ? '' : frame.parts.join('|'))
  }
  return stack[0]!.parts[0]!
}

function startsLine(source: string, at: number): boolean {
  let before = at - 1
  while (before >= 0 && (source[before] === ' ' || source[before] === ':')) before--
  return before < 0 || source[before] === '\n'
}

function closeFrame({ close, parts }: Frame, options: WikitextOptions): string {
  if (close === ']]') return linkText(parts, options.hiddenNamespaces)
  if (close === '}-') return variantText(parts, options.variants)
  return close === '}}' ? templateText(parts) : '\n'
}

function linkText(parts: readonly string[], hidden: ReadonlySet<string> | undefined): string {
  const target = (parts[0] ?? '').trim()
  const label = parts.length > 1 ? parts.slice(1).join('|') : target.replace(/^:/, '')
  const colon = target.indexOf(':')
  if (colon > 0) {
    const space = target.slice(0, colon).trim().toLowerCase()
    // Files and categories, and links to the same page in other languages.
    if (hidden?.has(space)) return ''
    if (/^(?:file|image|media|category|文件|檔案|档案|图像|圖像|图片|分类|分類)$/.test(space))
      return ''
    if (parts.length === 1 && /^[a-z]{2,3}(?:-[a-z-]{2,12})?$/.test(space)) return ''
  }
  return label
}

/** `-{zh-hans:a;zh-hant:b}-`, `-{a}-`, `-{H|rule}-` (a rule for elsewhere: nothing here). */
function variantText(parts: readonly string[], variants: readonly string[]): string {
  const flags = parts.length > 1 ? (parts[0] ?? '').trim() : ''
  const rule = parts.length > 1 ? parts.slice(1).join('|') : (parts[0] ?? '')
  if (/(?:^|;)\s*[HT-]\s*(?:;|$)/.test(flags)) return ''
  const forms = new Map<string, string>()
  for (const item of rule.split(';')) {
    const match = /^(?:[^:]*=>)?\s*(zh(?:-[a-z]+)?)\s*:([^]*)$/.exec(item)
    if (match?.[1] !== undefined && match[2] !== undefined) forms.set(match[1], match[2].trim())
  }
  if (forms.size === 0) return rule
  const [first = ''] = forms.values()
  for (const variant of variants) {
    const form = forms.get(variant)
    if (form !== undefined) return form
  }
  return first
}

function templateText(parts: readonly string[]): string {
  const name = (parts[0] ?? '').trim().toLowerCase().replaceAll('_', ' ')
  const unnamed = parts.slice(1).filter((part) => !/^\s*[\w\s-]*=/.test(part))
  if (name === 'convert' || name === 'cvt') return unnamed.slice(0, 2).join(' ').trim()
  if (name.startsWith('lang-') || name.startsWith('link-')) return (unnamed[0] ?? '').trim()
  if (name === '!' || name === '=') return name
  const place = Object.hasOwn(inlineTemplates, name) ? inlineTemplates[name] : undefined
  return place === undefined ? '' : (unnamed[place - 1] ?? '').trim()
}

interface Tag {
  readonly text: string
  /** Offset behind the tag, or behind its end tag where the content was taken or dropped. */
  readonly end: number
}

function readTag(source: string, at: number, found: string, withoutEnd: Set<string>): Tag {
  const head = source.slice(at + 1, at + maxTagLength)
  const place = head.search(/[<>]/)
  if (place < 0 || head[place] === '<') return { text: found, end: at + found.length }
  const close = at + 1 + place
  const end = close + 1
  const name = found.slice(1).toLowerCase()
  if (name === 'br' || name === '/p' || name === '/div') return { text: '\n', end }
  const isDropped = droppedTags.has(name)
  if ((!isDropped && !rawTags.has(name)) || source[close - 1] === '/' || withoutEnd.has(name)) {
    return { text: '', end }
  }
  const endTag = new RegExp(`</${name}\\s*>`, 'gi')
  endTag.lastIndex = end
  const match = endTag.exec(source)
  if (match === null) {
    withoutEnd.add(name)
    return { text: '', end }
  }
  const inner = isDropped ? '' : source.slice(end, match.index)
  const text = name === 'math' || name === 'chem' || name === 'ce' ? `$${inner.trim()}$` : inner
  return { text, end: endTag.lastIndex }
}

/** Line by line: headings, lists, emphasis, outer links, entities; then empty sections go. */
function tidy(unwrapped: string): string {
  const out: string[] = []
  /** Headings that wait for text to stand over, by level. */
  let headings: { readonly level: number; readonly title: string }[] = []
  let skippedLevel = Infinity
  let isBlank = true
  for (const raw of unwrapped.split('\n')) {
    const heading = /^\s*(={1,6})(?!=)(.*?)=+\s*$/.exec(raw)
    if (heading !== null) {
      const level = heading[1]?.length ?? 1
      const title = plainLine(heading[2] ?? '')
      if (level <= skippedLevel) skippedLevel = listSections.test(title) ? level : Infinity
      headings = headings.filter((waiting) => waiting.level < level)
      if (level < skippedLevel && title !== '') headings.push({ level, title })
      continue
    }
    if (skippedLevel !== Infinity) continue
    const marked = /^[ \t]*([*#:;]+)[ \t]*/.exec(raw)
    const line = plainLine(marked === null ? raw : raw.slice(marked[0].length))
    if (line === '') {
      isBlank = true
      continue
    }
    for (const { title } of headings.splice(0)) {
      if (out.length > 0) out.push('')
      out.push(title)
      isBlank = true
    }
    if (isBlank && out.length > 0) out.push('')
    isBlank = false
    out.push(marked !== null && /[*#]/.test(marked[1] ?? '') ? `- ${line}` : line)
  }
  return out.join('\n')
}

function plainLine(raw: string): string {
  const withoutLinks = raw.replace(
    /\[(?:https?:|ftp:)?\/\/[^\s\]]{1,500}(?:\s+([^\]]{0,300}))?\]/gi,
    (_, label: string | undefined) => label ?? '',
  )
  return (
    decodeHTML(withoutLinks.replace(/'{2,5}/g, '').replace(/__[A-Z]{3,20}__/g, ''))
      .replace(/[ \t\u00a0\u200b]+/g, ' ')
      // What templates leave behind in parentheses: "(; born 1941)", "（，）", "[]".
      .replace(/([(（]) ?[,;，、；] ?/g, '$1')
      .replace(/ ?[,;，、；] ?([)）])/g, '$1')
      .replace(/（ ?）|\( ?\)|\[ ?\]/g, '')
      .replace(/ +([,.;:!?)，。；：！？）、])/g, '$1')
      .trim()
  )
}
