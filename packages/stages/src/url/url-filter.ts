// Drops documents by their URL, before anything is decoded: listed domains and everything below
// them, listed addresses, words in the URL, patterns in the path. The six kinds of datatrove's
// URLFilter, with two differences: both sides are compared in lower case (there a path word `Porn`
// slips past the list), and a listed public suffix (`github.io`) blocks that host only and not every
// site below it.
//
// Cost: about 1 us per URL whatever the length of the lists; memory 8 bytes per listed entry.
import { getDomain } from 'tldts'
import { z } from 'zod'
import { ConfigError, messageOf } from '@shardmill/core/errors'
import { defineFilter } from '@shardmill/core/stage'
import type { StringHashSet } from './string-hash-set.ts'
import { readUrlLists, type UrlLists } from './url-lists.ts'
import { splitUrl, type UrlParts } from './url-parts.ts'
import { createWordCounter } from './url-words.ts'

export const urlFilter = defineFilter({
  name: 'url-filter',
  summary: 'Blocks listed domains, addresses, words and path patterns in URLs.',
  options: z.strictObject({
    lists: z
      .array(z.string())
      .default([])
      .describe(
        'Files with one domain or address per line, hosts files, or folders of the UT1 lists.',
      ),
    block: z
      .array(z.string())
      .default([])
      .describe('More entries, written here: `example.com`, `example.org/path`.'),
    allowLists: z
      .array(z.string())
      .default([])
      .describe('Files as in `lists`, of what is kept whatever else says.'),
    allow: z
      .array(z.string())
      .default([])
      .describe('Domains and addresses that are kept whatever else says.'),
    addresses: z
      .enum(['below', 'exact'])
      .default('below')
      .describe(
        "`below`: `host/a` also blocks `host/a/b` and `host/a?c` (UT1's meaning); `exact`: itself alone.",
      ),
    hardWords: z
      .array(z.string().min(1))
      .default([])
      .describe('Words of which one in the URL drops the document.'),
    softWords: z
      .array(z.string().min(1))
      .default([])
      .describe('Words of which `minSoftWords` different ones in the URL drop the document.'),
    minSoftWords: z
      .int()
      .min(1)
      .default(2)
      .describe('How many different words of `softWords` drop a document.'),
    paths: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Regular expressions (case ignored); a match in `host/path?query` drops the document.',
      ),
    withoutUrl: z
      .enum(['keep', 'drop'])
      .default('keep')
      .describe('What becomes of documents without a URL.'),
    badUrl: z
      .enum(['keep', 'drop'])
      .default('drop')
      .describe('What becomes of documents whose URL cannot be read.'),
  }),
  files: ({ lists, allowLists }) => [...lists, ...allowLists],
  judge(options, context) {
    const blocked = readUrlLists(
      options.lists.map((list) => context.path(list)),
      options.block,
    )
    const allowed = readUrlLists(
      options.allowLists.map((list) => context.path(list)),
      options.allow,
    )
    const patterns = [...blocked.expressions, ...options.paths.map(compilePattern)]
    const countHard = createWordCounter(options.hardWords, 1)
    const countSoft = createWordCounter(options.softWords, options.minSoftWords)
    const isBelow = options.addresses === 'below'
    return ({ url }) => {
      if (url === '') return options.withoutUrl === 'keep' ? undefined : 'no-url'
      const parts = splitUrl(url)
      if (parts === undefined) {
        if (url.startsWith('file:') || url.startsWith('urn:')) {
          return options.withoutUrl === 'keep' ? undefined : 'no-url'
        }
        return options.badUrl === 'keep' ? undefined : 'bad-url'
      }
      if (isListed(parts, allowed, isBelow)) return undefined
      if (hasDomain(blocked.domains, parts.host)) return 'blocked-domain'
      if (hasAddress(blocked.addresses, parts, isBelow)) return 'blocked-url'
      if (patterns.some((pattern) => pattern.test(parts.address))) return 'blocked-path'
      if (countHard(parts.address) > 0) return 'hard-word'
      if (countSoft(parts.address) >= options.minSoftWords) return 'soft-words'
      return undefined
    }
  },
})

function isListed(parts: UrlParts, lists: UrlLists, isBelow: boolean): boolean {
  return hasDomain(lists.domains, parts.host) || hasAddress(lists.addresses, parts, isBelow)
}

/** Whether `host` or a parent of it down to its registered domain is in the set. */
function hasDomain(domains: StringHashSet, host: string): boolean {
  if (domains.count === 0) return false
  if (domains.has(host)) return true
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
    if (domains.has(host, dot + 1)) return host.length - dot - 1 >= registeredLength(host)
  }
  return false
}

// Asked on hits only: the public-suffix look-up costs as much as everything else together.
function registeredLength(host: string): number {
  return getDomain(host, { allowPrivateDomains: true })?.length ?? host.length
}

function hasAddress(addresses: StringHashSet, { address }: UrlParts, isBelow: boolean): boolean {
  return isBelow ? addresses.hasBeginningOf(address) : addresses.has(address)
}

function compilePattern(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'i')
  } catch (cause) {
    throw new ConfigError(`url-filter: \`paths\` has a faulty pattern: ${messageOf(cause)}`, {
      cause,
    })
  }
}
