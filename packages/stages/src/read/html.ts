// HTML files, one document per file, whole: the pages of a saved or generated site.
// Memory: one file, at most `maxRecordBytes`.
import { Document } from '@shardmill/core/document'
import { z } from 'zod'
import { FileBytes } from './file-bytes.ts'
import type { Format } from './format.ts'
import { formatEndings } from './format-of.ts'
import { relativeName, urlOf } from './whole-file.ts'

const htmlOptions = z.strictObject({
  baseUrl: z
    .url()
    .optional()
    .describe(
      "URL of the folder that relative paths start from; without it a page's URL is `file:<path>`.",
    ),
  pathPrefix: z
    .string()
    .default('')
    .describe('Taken off the front of the path before it is appended to `baseUrl`.'),
  maxRecordBytes: z
    .int()
    .min(1024)
    .default(32_000_000)
    .describe('Larger files are skipped as `too-large`.'),
})

export type HtmlOptions = z.infer<typeof htmlOptions>

export const html: Format<HtmlOptions> = {
  name: 'html',
  summary: 'HTML files, one document per file.',
  extensions: formatEndings['html'] ?? [],
  options: htmlOptions,
  isSplittable: () => false,
  async *read({ path }, options, context) {
    const file = new FileBytes(path)
    try {
      if (file.size > options.maxRecordBytes) {
        yield [{ skipped: 'too-large', where: `${path}: ${file.size} bytes` }]
        return
      }
      const content = file.read(0, file.size)
      if (content.length === 0) {
        yield [{ skipped: 'empty-body', where: path }]
        return
      }
      const id = relativeName(path, context)
      const { baseUrl, pathPrefix } = options
      const place = id.startsWith(pathPrefix) ? id.slice(pathPrefix.length).replace(/^\//, '') : id
      const contentType = /\.xht(ml)?$/i.test(path) ? 'application/xhtml+xml' : 'text/html'
      yield [new Document({ id, url: urlOf(place, baseUrl), content, contentType })]
    } finally {
      file.close()
    }
  },
}
