// Pages that scripts build carry their text in JSON: in schema.org's `articleBody` or, on Discourse
// forums, in an attribute with the first posts of the thread. It stands in for the visible text when
// that is less than half as long.
import type { Analysis } from './analyse-page.ts'
import { htmlToText } from './html-to-text.ts'
import { cleanText, sourceText } from './inline-text.ts'
import type { RenderSettings } from './render.ts'

const minChars = 200

/** Text from JSON that is better than `text`, or undefined. */
export function embeddedText(
  analysis: Analysis,
  text: string,
  settings: RenderSettings,
): string | undefined {
  const { html } = analysis.page
  const { articleBody, description } = analysis.head.jsonLd
  const discourse = text.length < 1000 ? discoursePosts(html, settings) : ''
  if (discourse.length > text.length) return discourse
  const body = articleBody.length >= minChars ? articleBody : text.length < 50 ? description : ''
  if (body.length < minChars || text.length * 2 >= body.length) return undefined
  // Some sites put markup into the string.
  const plain = /<[a-z][^>]*>/i.test(body) ? htmlToText(body, settings) : cleanText(body).trim()
  return plain.length > text.length * 2 ? plain : undefined
}

const preloaded = 'data-preloaded="'

/** Posts of a Discourse thread, each under its author and date. */
function discoursePosts(html: string, settings: RenderSettings): string {
  const at = html.indexOf(preloaded)
  if (at < 0) return ''
  const from = at + preloaded.length
  const store = parse(sourceText(html, from, html.indexOf('"', from)))
  if (!isObject(store)) return ''
  const topic = Object.entries(store).find(([key]) => key.startsWith('topic_'))?.[1]
  const thread = typeof topic === 'string' ? parse(topic) : undefined
  const stream = isObject(thread) ? thread.post_stream : undefined
  const posts = isObject(stream) && Array.isArray(stream.posts) ? stream.posts : []
  return posts
    .filter(isObject)
    .map((post) => {
      const head = [post.username, post.created_at].filter((each) => typeof each === 'string')
      const body = typeof post.cooked === 'string' ? htmlToText(post.cooked, settings) : ''
      return body === '' ? '' : `${head.join('\n')}\n\n${body}`
    })
    .filter(Boolean)
    .join('\n\n')
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
