// Measures tokenizers on texts, side by side, and writes report.json and report.html.
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'
import { createReport, type ReportText } from '@shardmill/tokenizer/report'
import { renderTokenizerReport } from '@shardmill/tokenizer/report-html'
import { readTexts, type PlainDocuments } from '@shardmill/tokenizer/text-source'
import { openTokenizer, plainDocuments, wholeNumber } from './options.ts'

/** `tokenizer report --tokenizer FILE [--tokenizer FILE …] --output FOLDER INPUT …`. */
export async function report(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      tokenizer: { type: 'string', multiple: true },
      output: { type: 'string' },
      documents: { type: 'string', default: 'line' },
      'max-bytes': { type: 'string', default: '2000000' },
    },
  })
  const { output } = values
  if (output === undefined) throw new ConfigError('expected --output FOLDER')
  if (positionals.length === 0) throw new ConfigError('expected texts to measure on')
  const named = []
  for (const option of values.tokenizer ?? [undefined]) {
    const [name, path] = nameAndPath(option)
    named.push({ name, tokenizer: await openTokenizer(path) })
  }
  const maxBytes = wholeNumber('max-bytes', values['max-bytes'], 1)
  const texts = groupedTexts(positionals, plainDocuments(values.documents), maxBytes)
  const made = await createReport(named, texts)
  await mkdir(output, { recursive: true })
  await writeFile(join(output, 'report.json'), `${JSON.stringify(made, null, 1)}\n`)
  await writeFile(join(output, 'report.html'), renderTokenizerReport(made))
  for (const { group, figures } of made.groups) {
    for (const [i, { name }] of named.entries()) {
      const { bytesPerToken, fertility, wholeWords } = figures[i]!
      const parts = [`${bytesPerToken.toFixed(2)} bytes/token`, `fertility ${fertility.toFixed(2)}`]
      parts.push(`${(100 * wholeWords).toFixed(1)} % whole words`)
      process.stdout.write(`${group}  ${name}: ${parts.join(', ')}\n`)
    }
  }
  process.stdout.write(`${join(output, 'report.html')}\n`)
  return 0
}

/** `NAME=FILE`, or a file named after itself (tokenizer.json after its folder). */
function nameAndPath(option: string | undefined): [name: string, path: string | undefined] {
  if (option === undefined) return ['', undefined]
  const equals = option.indexOf('=')
  if (equals > 0) return [option.slice(0, equals), option.slice(equals + 1)]
  const file = basename(option)
  return [file === 'tokenizer.json' ? basename(dirname(option)) || file : file, option]
}

/** The first `maxBytes` of each input, grouped by language where it is known, and input. */
async function* groupedTexts(
  inputs: readonly string[],
  plain: PlainDocuments,
  maxBytes: number,
): AsyncGenerator<ReportText> {
  for (const input of inputs) {
    const domain = basename(input).replace(/\.[a-z]+$/, '')
    const sizes = new Map<string, number>()
    for await (const { text, lang } of readTexts([input], plain)) {
      const group = lang === '' ? domain : `${lang} ${domain}`
      const size = sizes.get(group) ?? 0
      if (size >= maxBytes) {
        if (lang === '') break
        continue
      }
      sizes.set(group, size + Buffer.byteLength(text))
      yield { text, group }
    }
  }
}
