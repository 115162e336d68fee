// Site rules: small modules by the user that say where the content of a site is.
//
//   export const hosts = ['blog.example.org']      // optional; without it every page goes here
//   export default ($) => {
//     $('.share, .related').remove()
//     return $('.post-body')                       // or a string; null drops the page
//   }                                              // nothing: the page is extracted as usual
//
// The first rule that answers wins. Pages of other hosts never build the cheerio view.
import { pathToFileURL } from 'node:url'
import { ConfigError } from '@shardmill/core'
import type { Cheerio, CheerioAPI } from 'cheerio'
import type { AnyNode } from 'domhandler'
import { htmlToText } from './html-to-text.ts'
import type { RenderSettings } from './render.ts'
import { scan } from './scan.ts'

export type SiteRule = ($: CheerioAPI, url: string) => Cheerio<AnyNode> | string | null | undefined

export interface SiteRules {
  /** Text of the page, null when a rule drops it, undefined when none answers. */
  apply(html: string, url: string, settings: RenderSettings): string | null | undefined
}

/** Loads rule modules; `paths` are absolute. */
export async function loadSiteRules(paths: readonly string[]): Promise<SiteRules | undefined> {
  if (paths.length === 0) return undefined
  const { toCheerio } = await import('./cheerio-view.ts')
  const rules = await Promise.all(paths.map(loadRule))
  return {
    apply(html, url, settings) {
      const host = hostOf(url)
      const wanted = rules.filter(({ hosts }) => !hosts || hosts.some((each) => isHost(host, each)))
      if (wanted.length === 0) return undefined
      const $ = toCheerio(scan(html))
      for (const { rule } of wanted) {
        const answer = rule($, url)
        if (answer === undefined) continue
        if (answer === null || typeof answer === 'string') return answer
        return htmlToText(
          answer
            .toArray()
            .map((each) => $.html(each))
            .join('\n'),
          settings,
        )
      }
      return undefined
    },
  }
}

async function loadRule(
  path: string,
): Promise<{ rule: SiteRule; hosts: readonly string[] | undefined }> {
  const module = (await import(pathToFileURL(path).href).catch((cause: unknown) => {
    throw new ConfigError(`html: cannot load the site rule ${path}`, {
      hint: 'a rule is a JavaScript module with a default export `$ => ...`',
      cause,
    })
  })) as { default?: unknown; hosts?: unknown }
  if (typeof module.default !== 'function') {
    throw new ConfigError(`html: the site rule ${path} has no default export that is a function`, {
      hint: 'export default ($, url) => $(".content")',
    })
  }
  const { hosts } = module
  if (
    hosts !== undefined &&
    !(Array.isArray(hosts) && hosts.every((each) => typeof each === 'string'))
  ) {
    throw new ConfigError(`html: \`hosts\` of the site rule ${path} must be a list of host names`)
  }
  return { rule: module.default as SiteRule, hosts: hosts as readonly string[] | undefined }
}

const hostOf = (url: string): string =>
  /^[a-z]+:\/\/([^/:?#]+)/i.exec(url)?.[1]?.toLowerCase() ?? ''

/** A rule for `example.org` is also for `www.example.org`. */
const isHost = (host: string, rule: string): boolean => host === rule || host.endsWith(`.${rule}`)
