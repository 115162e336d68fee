// Finds personal data; see pii.ts. Each finder walks its own anchors (@, digits, colons, cue words) and
// looks a bounded way around them, so the whole is linear whatever the text.
//
// Number plans and check rules: mobile 1[3-9] + 9 digits (MIIT numbering plan), ID GB 11643-1999,
// cards ISO/IEC 7812 with the issuer ranges of UnionPay, Visa, Mastercard, Amex and JCB, special-purpose
// addresses of RFC 6890.
import { isPublicIpv4, isPublicIpv6 } from './ip-address.ts'

export const piiKinds = [
  'email',
  'mobile',
  'landline',
  'id-card',
  'bank-card',
  'ip',
  'qq',
  'wechat',
] as const

export type PiiKind = (typeof piiKinds)[number]

export interface PiiMatch {
  readonly kind: PiiKind
  readonly start: number
  readonly end: number
}

/** All matches of the wanted kinds, in order, without overlap (the earlier one stays, then the longer). */
export function findPii(text: string, wanted: ReadonlySet<PiiKind>): PiiMatch[] {
  const found: PiiMatch[] = []
  const push = (kind: PiiKind, start: number, end: number): void => {
    if (wanted.has(kind)) found.push({ kind, start, end })
  }
  findEmails(text, push)
  if (hasDigit.test(text)) {
    findNumbers(text, push)
    findIpv4(text, push)
  }
  findIpv6(text, push)
  findAccounts(text, push)
  found.sort((a, b) => a.start - b.start || b.end - a.end)
  let end = 0
  return found.filter((match) => {
    if (match.start < end) return false
    end = match.end
    return true
  })
}

type Push = (kind: PiiKind, start: number, end: number) => void

const hasDigit = /[0-9]/

/** Around each @: a local part of ASCII to the left, a domain with a top level of letters to the right. */
function findEmails(text: string, push: Push): void {
  for (const { index: at } of text.matchAll(/[@＠]/g)) {
    let start = at
    while (start > 0 && at - start < 64 && isLocal(text.charCodeAt(start - 1))) start--
    while (start < at && !isAlphanumeric(text.charCodeAt(start))) start++
    if (start === at || !isAlphanumeric(text.charCodeAt(at - 1), 0x5f)) continue
    let end = at + 1
    while (end < text.length && end - at < 254 && isDomain(text.charCodeAt(end))) end++
    while (end > at + 1 && !isAlphanumeric(text.charCodeAt(end - 1))) end--
    const domain = text.slice(at + 1, end)
    const match = domainPattern.exec(domain)
    if (match === null || fileEndings.has(match[1]!.toLowerCase())) continue
    // git@host:path and user@host:/path name files.
    const isPath = text.charCodeAt(end) === 0x3a
    if (isPath && (text.slice(start, at) === 'git' || text[end + 1] === '/')) continue
    push('email', start, end)
  }
}

const domainPattern =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+([A-Za-z]{2,24}|xn--[a-z0-9-]{2,59})$/
const fileEndings = new Set('png jpg jpeg gif webp svg js css ts html htm'.split(' '))

/** Resident IDs, cards, mobile and landline numbers: shape by pattern, then check rule and cue. */
function findNumbers(text: string, push: Push): void {
  for (const { 0: number, index } of text.matchAll(idPattern)) {
    if (isResidentId(number.toUpperCase())) push('id-card', index, index + number.length)
  }
  for (const { 0: number, index } of text.matchAll(cardPattern)) {
    if (!isBankCard(number.replaceAll(/[ -]/g, ''))) continue
    // Written in groups of four it is a card. One long number may be anything, unless announced as
    // one ("card number …"), or UnionPay's and not announced as something else.
    const cue = before(text, index)
    const isAnnounced = /[ -]/.test(number) || cardCue.test(cue)
    if (!isAnnounced && (!number.startsWith('62') || otherNumber.test(cue))) continue
    push('bank-card', index, index + number.length)
  }
  for (const { 0: number, index } of text.matchAll(mobilePattern)) {
    const cue = before(text, index)
    // A step of a path (photos/14100905020) is no phone; one number after another is.
    if (otherNumber.test(cue) || /(?:^|[^0-9])[/=]$/.test(cue)) continue
    const end = index + number.length
    if (!amount.test(text.slice(end, end + 6))) push('mobile', index, end)
  }
  for (const { 0: number, index } of text.matchAll(landlinePattern)) {
    const cue = before(text, index)
    const isPunctuated = /[ ()（）-]/.test(number)
    if (otherNumber.test(cue) || (!isPunctuated && !phoneCue.test(cue))) continue
    push('landline', index, index + number.length)
  }
}

// A number ends where no digit, letter or decimal follows; QQ may follow a phone number directly.
const idPattern = /(?<![0-9A-Za-z_.])[1-8]\d{16}[0-9Xx](?![0-9A-Za-z_])/g
const cardPattern =
  /(?:(?<![0-9A-Za-z_.])\d{15,19}|(?<![0-9A-Za-z_.]|\d[ -])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?|3[47]\d\d[ -]\d{6}[ -]\d{5}))(?![0-9A-Za-z_]|[ -]\d|\.\d)/g
const mobilePattern =
  /(?<![0-9_.+]|\d-|[a-z](?<!tel|phone|mobile|mob|cell|call|fax|qq))(?:(?:\+|00)?86[ -]?|[(（]\+?86[)）][ -]?)?1[3-9]\d(?:\d{8}|([ -])\d{4}\1\d{4}|\d[ -]\d{3}[ -]\d{4}|[ -]\d{8})(?![0-9_a-pr-z]|-\d|\.\d)/gi
const landlinePattern =
  /(?<![0-9A-Za-z_.]|\d[-/])(?:(?:\+|00)86[ -]?(?:10|2\d|[3-9]\d{2})|[(（]0(?:10|2\d|[3-9]\d{2})[)）]|0(?:10|2\d|[3-9]\d{2}))[ -]?[2-8]\d{2,3}[ -]?\d{4}(?:-\d{1,5})?(?![0-9A-Za-z_]|-\d|\.\d)/g
/** What follows a number that counts something. */
const amount = /^\s?(?:bytes|字节|[元人件次万亿个])/i
const cardCue = /(?:卡|账号|帳號|账户|帐号|card|visa|master|amex|jcb|account)/i
const phoneCue =
  /(?:电话|電話|热线|熱線|座机|座機|传真|傳真|致电|拨打|撥打|tel|phone|fax|call)[^0-9]{0,6}$/i
/** Words before a number that is none of a person's. */
const otherNumber =
  /(?:订单|訂單|单号|單號|编号|編號|流水|条码|货号|型号|批号|案号|序列|信用代码|尾数|证书|合同|工单|时间戳|房间|邮编|快递|物流|运单|版本|ISBN|ISSN|DOI|SKU|\b(?:order|serial|invoice|tracking|part|model|article|item|ticket|case|no\.?|number|id|version))[号號码碼]?[^0-9]{0,4}$/i

function before(text: string, at: number): string {
  return text.slice(Math.max(0, at - 14), at)
}

function isResidentId(digits: string): boolean {
  const province = Number(digits.slice(0, 2))
  const [year, month, day] = [digits.slice(6, 10), digits.slice(10, 12), digits.slice(12, 14)].map(
    Number,
  )
  if (province < 11 || province > 83 || year! < 1880 || year! > 2100) return false
  if (month! < 1 || month! > 12 || day! < 1 || day! > 31) return false
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
  const sum = weights.reduce((total, weight, i) => total + weight * Number(digits[i]), 0)
  return '10X98765432'[sum % 11] === digits[17]
}

function isBankCard(digits: string): boolean {
  const { length } = digits
  const first4 = Number(digits.slice(0, 4))
  const isUnionPay = digits.startsWith('62') && length >= 16
  const isVisa = digits.startsWith('4') && length === 16
  const isMastercard =
    length === 16 && ((first4 >= 5100 && first4 < 5600) || (first4 >= 2221 && first4 < 2721))
  const isAmex = length === 15 && /^3[47]/.test(digits)
  const isJcb = length === 16 && first4 >= 3528 && first4 < 3590
  if (!isUnionPay && !isVisa && !isMastercard && !isAmex && !isJcb) return false
  let sum = 0
  for (let i = 0; i < length; i++) {
    const digit = Number(digits[length - 1 - i])
    const doubled = i % 2 === 0 ? digit : digit * 2
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

/** Four numbers with points, public, not a version or section number. */
function findIpv4(text: string, push: Push): void {
  for (const match of text.matchAll(ipv4Pattern)) {
    const [address] = match
    const start = match.index
    const end = start + address.length
    if (!isPublicIpv4(address) || isLikelyVersion(address)) continue
    if (/[A-Za-z0-9_.]/.test(text[start - 1] ?? '') && !/\bip$/i.test(text.slice(start - 3, start)))
      continue
    if (/^(?:\.?[A-Za-z0-9_]|-[A-Za-z0-9])/.test(text.slice(end, end + 2))) continue
    const cue = text.slice(Math.max(0, start - 24), start)
    if (versionCue.test(cue) || /^[节節章条條款]/.test(text.slice(end, end + 1))) continue
    push('ip', start, end)
  }
}

/** Four small numbers, not all equal, are more often a version (4.1.0.4) than an address (8.8.8.8). */
function isLikelyVersion(address: string): boolean {
  const parts = address.split('.')
  return parts.every((part) => Number(part) <= 20) && new Set(parts).size > 1
}

const ipv4Pattern = /(?<![0-9.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![0-9])/g
/** What stands before a version or a section: a cue, or a name joined by a hyphen or slash. */
const versionCue =
  /(?:版本|版|固件|内核|升级到|升級到|更新到|更新至|第|见|section|chapter|version|ver\.?|release[ds]?|build|firmware|kernel|patch|upgrad(?:e|ed|ing) to|updated? to|v)[号號]?[:：为是]?\s?$|[A-Za-z0-9]-$|(?<!\/)\/$|(?:Chrome|Edge|Firefox|Opera|Safari|Java|Python|Flash Player|Reader|Office|Windows|iOS|Android)\s$/i

function findIpv6(text: string, push: Push): void {
  if (!text.includes(':')) return
  for (const match of text.matchAll(ipv6Pattern)) {
    const [address] = match
    const trimmed = address.replace(/(?<!:):$/, '')
    if (trimmed.length < 6 || !isPublicIpv6(trimmed)) continue
    push('ip', match.index, match.index + trimmed.length)
  }
}

const ipv6Pattern =
  /(?<![0-9A-Za-z:.])[23][0-9A-Fa-f]{0,3}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Za-z])/g

/** QQ numbers and WeChat names after their cue. */
function findAccounts(text: string, push: Push): void {
  for (const match of text.matchAll(qqPattern)) {
    const end = match.index + match[0].length
    push('qq', end - match[1]!.length, end)
  }
  for (const match of text.matchAll(wechatPattern)) {
    const name = match[2]!
    const isNamed = match[1] !== '' || /[0-9_-]/.test(name)
    if (!isNamed || /^(?:https?|www|QQ|app|pay|wechat|weixin)$/i.test(name)) continue
    const end = match.index + match[0].length
    push('wechat', end - name.length, end)
  }
}

const qqPattern =
  /(?:(?<![A-Za-z0-9])q(?:[ -]?q|(?=群))|企鹅|扣扣)(?:群|号|號|号码|群号|交流群)?(?:\s{0,2}[:：是为]\s{0,2}|\s{0,2})([1-9][0-9]{4,10})(?![0-9A-Za-z@.])/gi
const wechatPattern =
  /(?:微信|威信|薇信|[vＶ]信|(?<![A-Za-z0-9/_.-])(?:wechat|weixin|wx|vx)(?=[^a-z]|id[ :：]))\s?(号|號|id|账号|帐号|号码|搜索?|添加|)(?:\s{0,2}[:：是为]\s{0,2}|\s{1,2}|(?<=[^ -~])(?=[a-z]))([a-z][a-z0-9_-]{5,19})(?![A-Za-z0-9_@.-])/gi

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39
}

/** ASCII letter or digit, or the one other unit given. */
function isAlphanumeric(unit: number, also = -1): boolean {
  const lower = unit | 0x20
  return isDigit(unit) || (lower >= 0x61 && lower <= 0x7a) || unit === also
}

function isLocal(unit: number): boolean {
  return (
    isAlphanumeric(unit) ||
    unit === 0x2e ||
    unit === 0x5f ||
    unit === 0x2d ||
    unit === 0x2b ||
    unit === 0x25
  )
}

function isDomain(unit: number): boolean {
  return isAlphanumeric(unit) || unit === 0x2e || unit === 0x2d
}
