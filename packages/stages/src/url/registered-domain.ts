// Registered domain of a URL by a rule of thumb for second-level registries (co.uk, com.cn) instead of
// the Public Suffix List: a wrong answer makes one site of two.

const secondLevel = new Set([
  'co',
  'com',
  'org',
  'net',
  'gov',
  'edu',
  'ac',
  'or',
  'ne',
  'go',
  'gob',
  'gouv',
  'govt',
  'nic',
  'mil',
])

/** `https://news.bbc.co.uk/x` -> `bbc.co.uk`; the whole text when it is no URL. */
export function registeredDomain(url: string): string {
  return labelsOf(url).join('.')
}

// Hosts whose every name is a site of its own, as the private section of the Public Suffix List has
// them; the ones that crawls of blogs meet most.
const hosts = new Set(
  `github.io gitlab.io gitee.io gitbook.io netlify.app vercel.app pages.dev web.app herokuapp.com
  blogspot.com wordpress.com tumblr.com typepad.com livejournal.com substack.com medium.com
  weebly.com wixsite.com neocities.org readthedocs.io sourceforge.io sourceforge.net fandom.com
  hatenablog.com fc2.com cnblogs.com blogchina.com lofter.com`.split(/\s+/),
)

/** The site of a URL: its registered domain, or the name below a host of many sites; '' without any. */
export function siteOf(url: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return ''
  const host = hostOf(url)
  if (/^\d+(?:\.\d+){3}$/.test(host)) return host
  const labels = labelsOf(url)
  const domain = labels.join('.')
  if (!hosts.has(domain)) return domain
  return host
    .split('.')
    .slice(-labels.length - 1)
    .join('.')
}

function labelsOf(url: string): string[] {
  const labels = hostOf(url).split('.')
  const isLongRegistry =
    labels.length > 2 && labels.at(-1)?.length === 2 && secondLevel.has(labels.at(-2) ?? '')
  return labels.slice(isLongRegistry ? -3 : -2)
}

function hostOf(url: string): string {
  return /^(?:[a-z]+:)?(?:\/\/)?([^/:?#]+)/i.exec(url.trim())?.[1]?.toLowerCase() ?? ''
}
