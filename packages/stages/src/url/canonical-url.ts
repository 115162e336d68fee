// One spelling for all URLs that lead to the same page, after RFC 3986 section 6 (case, escapes,
// default ports, dot segments) and what crawls show beyond it (tracking parameters, fragments,
// parameter order, index files). Canonicalising twice changes nothing.
// Cost: about 3 us per URL.

export interface CanonicalOptions {
  /** Query parameters to leave out; a trailing `*` stands for any ending. */
  readonly dropParameters: readonly string[]
  readonly dropFragment: boolean
  readonly sortQuery: boolean
  readonly dropTrailingSlash: boolean
  /** `/a/index.html` becomes `/a/`. */
  readonly dropIndexFile: boolean
  /** `http` and `https` count as one. */
  readonly ignoreScheme: boolean
  /** `www.` in front of the host is left out. */
  readonly dropWww: boolean
}

/**
 * Parameters that name the way to a page and not the page. Own list, from the documentation of the
 * services that add them: Google and Matomo campaigns, Google, Facebook, Microsoft, Yandex, Twitter
 * and TikTok click ids, Mailchimp, HubSpot, Marketo, Instagram, Alibaba (spm, scm), Baidu, WeChat.
 */
export const trackingParameters = [
  'utm_*', 'mtm_*', 'pk_*', 'gclid', 'gclsrc', 'dclid', 'gbraid', 'wbraid', '_ga', '_gl', 'fbclid',
  'msclkid', 'yclid', 'ysclid', 'twclid', 'ttclid', 'igshid', 'mc_cid', 'mc_eid', '_hsenc', '_hsmi',
  'mkt_tok', 'spm', 'scm', 'bd_vid', 'hmsr', 'hmpl', 'hmcu', 'hmkw', 'hmci', 'nsukey',
  'share_token', 'from_source', 'phpsessid', 'jsessionid',
] // prettier-ignore

export type Canonicalise = (url: string) => string

/** A function that gives the canonical form of a URL; what is no URL comes back trimmed. */
export function createCanonicalUrl(options: CanonicalOptions): Canonicalise {
  const names = options.dropParameters.map((name) => name.toLowerCase())
  const exact = new Set(names.filter((name) => !name.endsWith('*')))
  const beginnings = names.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1))
  const isDropped = (name: string): boolean =>
    exact.has(name) || beginnings.some((beginning) => name.startsWith(beginning))
  const once: Canonicalise = (url) => {
    const parsed = parseUrl(url)
    if (parsed === undefined || parsed.hostname === '') return url
    const { protocol, username, password, hostname, port, pathname, search, hash } = parsed
    // With a port of its own, https stays: `https://host:80` is not `http://host`.
    const isMerged = options.ignoreScheme && protocol === 'https:' && port === ''
    const scheme = isMerged ? 'http:' : protocol
    const credentials = username === '' ? '' : `${username}${password && `:${password}`}@`
    const host = canonicalHost(hostname, options.dropWww) + (port && `:${port}`)
    const path = canonicalPath(pathname, options)
    const query = canonicalQuery(search.slice(1), isDropped, options.sortQuery)
    const fragment = options.dropFragment ? '' : hash
    return `${scheme}//${credentials}${host}${path}${query && `?${query}`}${fragment}`
  }
  return (url) => {
    let form = once(url.trim())
    // A decoded escape may complete another one (`%%36%31`): such URLs are done over until they rest.
    for (let round = 0; round < 8 && form.includes('%'); round++) {
      const next = once(form)
      if (next === form) break
      form = next
    }
    return form
  }
}

function parseUrl(url: string): URL | undefined {
  try {
    return new URL(url)
  } catch {
    return undefined
  }
}

function canonicalHost(hostname: string, dropWww: boolean): string {
  const host = hostname.replace(/\.+$/, '')
  if (!dropWww || !host.startsWith('www.')) return host
  const bare = host.replace(/^(?:www\.)+/, '')
  return bare.includes('.') ? bare : host
}

function canonicalPath(pathname: string, options: CanonicalOptions): string {
  let path = normalizeEscapes(pathname).replace(/;jsessionid=[^/;]*/gi, '')
  for (let before = ''; before !== path;) {
    before = path
    if (options.dropIndexFile)
      path = path.replace(/\/(?:index|default)\.(?:html?|php|aspx?|jsp)$/i, '/')
    if (options.dropTrailingSlash) path = path.replace(/\/+$/, '')
  }
  return path === '' ? '/' : path
}

function canonicalQuery(
  query: string,
  isDropped: (name: string) => boolean,
  isSorted: boolean,
): string {
  if (query === '') return ''
  const kept = query
    .split('&')
    .map(normalizeEscapes)
    .filter((pair) => pair !== '' && !isDropped(nameOf(pair)))
  // By name only: the order of values of one name may matter.
  return (isSorted ? kept.toSorted((a, b) => byCodeUnits(nameOf(a), nameOf(b))) : kept).join('&')
}

function nameOf(pair: string): string {
  const equals = pair.indexOf('=')
  return (equals < 0 ? pair : pair.slice(0, equals)).toLowerCase()
}

/** Escapes of unreserved characters decoded, all others in upper case (RFC 3986, 6.2.2). */
function normalizeEscapes(text: string): string {
  if (!text.includes('%')) return text
  return text.replaceAll(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase()
  })
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
