// Short texts that give a block away: «Share», «相关阅读», «Alle Rechte vorbehalten», a date, a price.
// Each kind becomes a feature, so what the model learns about the English words holds for the
// Chinese, German, French, Spanish, Italian, Portuguese, Japanese and Korean ones too.
// Only blocks of at most `maxPhraseChars` characters are searched. Latin phrases are found by one walk
// down a trie (phrase-trie.ts) from the start of each word, the Asian ones by regular expressions.
import { shortCodes } from './codes.ts'
import { isWordChar, phraseTrie, walkTrie, wordChar } from './phrase-trie.ts'

export const maxPhraseChars = 320

interface Phrases {
  readonly latin: string
  readonly asian: string
}
const alternatives = (latin: string, asian = ''): Phrases => ({ latin, asian })

const kinds = {
  share: alternatives(
    'share|tweet|facebook|twitter|linkedin|pinterest|whatsapp|reddit|instagram|e-?mail(?: this)?|print|teilen|drucken|partager|imprimer|compartir|imprimir|condividi|stampa|compartilhar|follow us|folgen',
    '分享|微博|微信|朋友圈|收藏|打印|シェア|ツイート|공유',
  ),
  comment: alternatives(
    'comments?|repl(?:y|ies)|leave a|responses?|kommentare?|antworten|commentaires?|répondre|comentarios?|responder|commenti|rispondi',
    '评论|評論|留言|回复|回覆|跟帖|コメント|返信|댓글',
  ),
  related: alternatives(
    'related|recommended|you (?:may|might) (?:also )?like|more (?:from|on|in|about|stories|articles|posts)|read (?:more|next|also)|see also|popular|trending|latest|most read|up next|weiterlesen|mehr (?:zum|aus|von)|verwandte|ähnliche|lesen sie auch|auch interessant|à lire aussi|lire aussi|voir aussi|articles liés|relacionad[oa]s|leer más|correlati|leggi anche|leia (?:mais|também)',
    '相关|相關|推荐|推薦|更多|热门|熱門|精彩|猜你喜欢|延伸阅读|関連|おすすめ|관련|추천',
  ),
  consent: alternatives(
    'cookies?|privacy|gdpr|consent|datenschutz|confidentialité|privacidad|terms (?:of|and)|conditions|impressum|nutzungsbedingungen|agb|disclaimer',
    '隐私|隱私|免责声明|使用条款|プライバシー|개인정보',
  ),
  copyright: alternatives(
    'copyright|all rights reserved|rights reserved|alle rechte|tous droits|derechos reservados|powered by',
    '©|版权|版權|转载|轉載|备案|ICP|不得复制|無断転載|저작권',
  ),
  account: alternatives(
    "sign (?:in|up)|log ?(?:in|out)|register|subscribe|subscription|newsletter|my account|create an? account|join|anmelden|registrieren|abonnieren|abo|connexion|s['’]abonner|inscri\\w+|suscr\\w+|iscriviti|assine|forgot",
    '登录|登錄|登入|注册|註冊|订阅|訂閱|关注|ログイン|会員|로그인|회원',
  ),
  navigation: alternatives(
    'home|menu|search|skip to|back to|next|prev(?:ious)?|contact(?: us)?|about(?: us)?|sitemap|startseite|suche|kontakt|über uns|zurück|weiter|accueil|recherche|suivant|précédent|inicio|buscar|contacto|siguiente|anterior|cerca|close|toggle|show (?:more|less|all)|view (?:all|more)|see all|load more',
    '首页|首頁|上一篇|下一篇|上一页|下一页|上一頁|下一頁|返回|目录|导航|搜索|网站地图|联系我们|关于我们|ホーム|検索|次へ|前へ|홈|검색',
  ),
  byline: alternatives(
    'by|author|posted|published|updated|written|reviewed by|min(?:ute)?s? read|von|autor|veröffentlicht|aktualisiert|par|publié|mis à jour|por|publicado|actualizado|ago|edited',
    '作者|编辑|編輯|来源|來源|记者|記者|发布|發佈|发表|阅读|浏览|责编|更新|字数|撰文|投稿|公開|기자|작성',
  ),
  tags: alternatives(
    'tags?|categor(?:y|ies)|filed under|topics?|labels?|posted in|kategorien?|schlagw\\w+|themen|catégories?|etiquetas|categorías?',
    '标签|標籤|分类|分類|关键词|關鍵字|タグ|カテゴリ|태그',
  ),
  advert: alternatives(
    'advertisement|sponsored|anzeige|werbung|publicité|publicidad|affiliate|ads? by',
    '广告|廣告|赞助|広告|광고',
  ),
  shop: alternatives(
    'add to (?:cart|bag|basket|wishlist)|buy now|checkout|in stock|out of stock|shipping|free delivery|quantity|qty|sku|warenkorb|lieferung|panier|carrito|shop now|order now|compare|wish ?list|rating|reviews?|stars?',
    '购物车|購物車|立即购买|库存|加入购物|カート|在庫|장바구니',
  ),
  contact: alternatives(
    'phone|tel|fax|e-?mail|address|opening hours|directions|call us|get a quote|book now|telefon|adresse',
    '电话|電話|地址|邮箱|客服|传真|QQ',
  ),
  legal: alternatives(
    'disclaimer|views expressed|opinions expressed|does not (?:necessarily )?(?:reflect|endorse|represent)|(?:financial|investment|legal|medical) advice|without (?:prior )?(?:written )?permission|may not be (?:published|reproduced)|for informational purposes|haftung\\w*|ohne gewähr|nachdruck',
    '声明|聲明|免责|不代表|版权均属|版權均屬|仅供参考|僅供參考|投资建议|風險自負|风险自担|未经.{0,8}(?:授权|许可)|侵权|侵犯|著作权|著作權|凡本网|凡注明',
  ),
  caption: alternatives(
    'photo|image|credit|getty|source|foto|bild|quelle|figure|fig|crédit|ap|reuters|courtesy',
    '图片|图：|图为|资料图|摄影|写真|사진',
  ),
} as const

const dateLike =
  /\b\d{4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez)[a-z]*\.? \d{1,2}|\b\d{1,2}\.? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez)[a-zä]*|\b\d{1,2}:\d{2}\b/i
const priceLike = /[$€£¥₹₩]\s?\d|\d\s?(?:€|元|円|원|USD|EUR)/

export const phraseKinds = [...Object.keys(kinds), 'date', 'price'] as const
const dateBit = 1 << (phraseKinds.length - 2)
const priceBit = 1 << (phraseKinds.length - 1)

const asianPatterns = Object.values(kinds).map(({ asian }) =>
  asian === '' ? undefined : new RegExp(asian, 'i'),
)
const trie = phraseTrie(Object.values(kinds).map(({ latin }) => latin))

/** Something that may be a date or a price, or Asian text: these are looked for in the text. */
export const needsText = -1

/** Phrase kinds of a range of characters on one line, without making a string of it. */
export function findPhrasesIn(codes: Uint16Array, from: number, to: number): number {
  let found = 0
  let wasWord = false
  for (let i = from; i < to; i++) {
    const code = codes[i] as number
    const isWord = code < 0x250 && isWordChar[code] === 1
    if (isWord && !wasWord) found |= walkTrie(trie, codes, i, to)
    wasWord = isWord
    if (code >= 48 && code <= 57 ? mayTell(codes, i, from, to) : code === 0xa9 || code >= 0x2e80)
      return needsText
  }
  return found
}

/** Quick test of a digit: what stands beside it in dates and prices. */
function mayTell(codes: Uint16Array, digit: number, from: number, to: number): boolean {
  const next = digit + 1 < to ? (codes[digit + 1] as number) : 0
  if (next >= 45 && next <= 58) {
    // 1/2/24, 2024. 3. or 5. Mai, 9:30; digits go on to the last one.
    if (next === 58 && isDigit(codes[digit + 2] as number)) return true
    if (next < 48 && mayBeDate(codes, digit, to)) return true
  } else if (next === 32) {
    const after = digit + 2 < to ? (codes[digit + 2] as number) : 0
    if (isMonthLetter[after | 32] === 1 || isCurrency(after)) return true
  } else if (isCurrency(next)) return true
  const before = digit > from ? (codes[digit - 1] as number) : 0
  if (before !== 32) return isCurrency(before)
  let at = digit - 2
  if (at < from) return false
  if (isCurrency(codes[at] as number)) return true
  if (codes[at] === 46) at--
  // May 5, Sept. 5, 5 Mär 2024
  while (at >= from && isAsciiLetter(codes[at] as number)) at--
  const first = codes[at + 1] as number
  const stop = at >= from ? (codes[at] as number) : 0
  return isMonthLetter[first | 32] === 1 || (stop | 32) === 0xe4
}

/** Whether a digit and a separator after it may begin a date: a decimal does not. */
function mayBeDate(codes: Uint16Array, digit: number, to: number): boolean {
  const at = (index: number): number => (index < to ? (codes[index] as number) : 0)
  const hasBlank = at(digit + 2) === 32
  let next = digit + (hasBlank ? 3 : 2)
  if (hasBlank && isMonthLetter[at(next) | 32] === 1) return true
  if (!isDigit(at(next))) return false
  next += isDigit(at(next + 1)) ? 2 : 1
  return at(next) >= 45 && at(next) <= 47
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57
const isAsciiLetter = (code: number): boolean => (code | 32) >= 97 && (code | 32) <= 122
/** $ £ ¥, the first letters of EUR and USD, and signs beyond Latin. */
const isCurrency = (code: number): boolean =>
  code === 36 || code === 163 || code === 165 || code === 69 || code === 85 || code >= 0x250
/** First letters of the months in `dateLike`. */
const isMonthLetter = new Uint8Array(1 << 16)
for (const letter of 'jfmasond') isMonthLetter[letter.charCodeAt(0)] = 1

/** Bit set of the kinds found in a short text, in the order of `phraseKinds`. */
export function findPhrases(text: string): number {
  const codes = shortCodes(text)
  let found = 0
  let hasDigit = false
  let isForeign = false
  let wasWord = false
  for (let i = 0; i < text.length; i++) {
    const code = codes[i] as number
    const isWord = code < 0x250 ? isWordChar[code] === 1 : false
    if (isWord && !wasWord) found |= walkTrie(trie, codes, i, text.length)
    wasWord = isWord
    if (code >= 48 && code <= 57) hasDigit = true
    else if (code >= 0x2e80 || code === 0xa9) isForeign = true
  }
  if (isForeign) {
    for (let kind = 0; kind < asianPatterns.length; kind++) {
      if ((found & (1 << kind)) === 0 && asianPatterns[kind]?.test(text)) found |= 1 << kind
    }
  }
  if (hasDigit && dateLike.test(text)) found |= dateBit
  if (hasDigit && priceLike.test(text)) found |= priceBit
  return found
}

/** The same by regular expressions alone: what the tests compare with. */
export function findPhrasesPlainly(text: string): number {
  let found = 0
  const isForeign = /[\u00a9\u2e80-\uffff]/.test(text)
  Object.values(kinds).forEach(({ latin }, kind) => {
    const source = latin.replaceAll('\\w', wordChar)
    const pattern = new RegExp(`(?<!${wordChar})(?:${source})(?!${wordChar})`, 'i')
    const isAsian = isForeign && asianPatterns[kind]?.test(text) === true
    if (pattern.test(text) || isAsian) found |= 1 << kind
  })
  if (dateLike.test(text)) found |= dateBit
  if (priceLike.test(text)) found |= priceBit
  return found
}
