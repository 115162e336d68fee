// Cuts the long text files of a folder into documents, for benchmarks of stages.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Documents of about `size` characters from books, cut between paragraphs. */
export function cutParagraphs(text, size) {
  const documents = []
  let part = ''
  for (const paragraph of text.split(/\n{2,}/)) {
    part += part === '' ? paragraph : `\n\n${paragraph}`
    if (part.length < size) continue
    documents.push(part)
    part = ''
  }
  return part === '' ? documents : [...documents, part]
}

/** en-books.txt as pages of about 5,000 characters. */
export function readEnglish(folder, maxBytes) {
  return cutParagraphs(readFileSync(join(folder, 'en-books.txt'), 'utf8').slice(0, maxBytes), 5000)
}

/** zh-news.txt as issues (one per `# ` heading), its paragraph tags made line breaks. */
export function readChineseIssues(folder) {
  const text = readFileSync(join(folder, 'zh-news.txt'), 'utf8')
  return text
    .split(/^(?=# )/m)
    .filter(Boolean)
    .map(stripTags)
}

/** zh-news.txt as articles (one per `### ` heading), without headings, links and time stamps. */
export function readChineseArticles(folder) {
  return readChineseIssues(folder).flatMap((issue) =>
    issue
      .split(/^### .*$/m)
      .slice(1)
      .map((article) =>
        article
          .replaceAll(/^(?:\[查看原文\].*|---|\(更新时间戳.*)$/gm, '')
          .replaceAll(/\n{3,}/g, '\n\n')
          .trim(),
      ),
  )
}

function stripTags(text) {
  return text
    .replaceAll(/<\/p>|<br\/?>/g, '\n')
    .replaceAll(/<[^>\n]*>/g, '')
    .replaceAll('&nbsp;', ' ')
}
