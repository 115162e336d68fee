// Host and path of a URL in the form that lists are compared in: lower-case, without scheme,
// credentials, port and fragment, without a leading `www.` for addresses and a trailing slash.
// Plain ASCII URLs are cut by character codes (about 0.3 us); those with escapes, international
// names or brackets go through the WHATWG parser of `URL` (about 2 us).

export interface UrlParts {
  /** Lower-case ASCII host name or address, without a trailing dot. */
  readonly host: string
  /** Lower-case `host/path?query` without `www.` and without a trailing slash. */
  readonly address: string
}

/** The parts of `url`; undefined when it has no host. `example.com/a` is read as http. */
export function splitUrl(url: string): UrlParts | undefined {
  const schemeEnd = url.indexOf('://')
  if (schemeEnd < 0) {
    return /^[^/?#\s:@]+\.[^/?#\s:@]+(?:[/?#]|$)/.test(url) ? splitUrl(`http://${url}`) : undefined
  }
  const hostStart = schemeEnd + 3
  let hostEnd = hostStart
  while (hostEnd < url.length && isHostCode(url.charCodeAt(hostEnd))) hostEnd++
  const next = url.charCodeAt(hostEnd)
  const isPlainHost =
    hostEnd > hostStart && (hostEnd === url.length || next === 0x2f || next === 0x3f)
  if (!isPlainHost) return splitByParser(url)
  let end = hostEnd
  for (; end < url.length; end++) {
    const code = url.charCodeAt(end)
    if (code === 0x23) break
    if (code <= 0x20 || code >= 0x7f || code === 0x25 || code === 0x5c) return splitByParser(url)
  }
  return parts(url.slice(hostStart, hostEnd).toLowerCase(), url.slice(hostEnd, end).toLowerCase())
}

function splitByParser(url: string): UrlParts | undefined {
  if (!URL.canParse(url)) return undefined
  const { hostname, pathname, search } = new URL(url)
  if (hostname === '') return undefined
  return parts(hostname.toLowerCase(), decodePercent(pathname + search).toLowerCase())
}

function parts(host: string, rest: string): UrlParts {
  const name = host.endsWith('.') ? host.slice(0, -1) : host
  const bare = name.startsWith('www.') ? name.slice(4) : name
  const address = bare + (rest.startsWith('/') || rest === '' ? rest : `/${rest}`)
  return { host: name, address: address.endsWith('/') ? address.slice(0, -1) : address }
}

/** Percent escapes decoded as UTF-8 where they are valid; the rest stays as it is. */
export function decodePercent(text: string): string {
  if (!text.includes('%')) return text
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      return run
    }
  })
}

function isHostCode(code: number): boolean {
  const isLetter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a
  return (
    isLetter || (code >= 0x30 && code <= 0x39) || code === 0x2e || code === 0x2d || code === 0x5f
  )
}
