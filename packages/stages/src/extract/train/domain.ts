// Registered domain of a URL, so that pages of one site never stand on both sides of a fold. A rule of
// thumb for second-level registries (co.uk, com.cn) instead of the Public Suffix List: a wrong answer
// only makes a fold coarser.
import { hashText } from '@shardmill/core/hash'

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
  const host = /^(?:[a-z]+:)?(?:\/\/)?([^/:?#]+)/i.exec(url.trim())?.[1]?.toLowerCase() ?? ''
  const labels = host.split('.')
  const isLongRegistry =
    labels.length > 2 && labels.at(-1)?.length === 2 && secondLevel.has(labels.at(-2) ?? '')
  return labels.slice(isLongRegistry ? -3 : -2).join('.')
}

/** Fold of a page among `folds`, by its registered domain; pages without URL go by their id. */
export function foldOf(url: string, id: string, folds: number): number {
  return Number.parseInt(hashText(registeredDomain(url) || id).slice(-8), 16) % folds
}
