// nanotron's and datatrove's token files: `<prefix>.ds` raw tokens, `<prefix>.ds.index` the end of
// every document in tokens (u64), `<prefix>.ds.metadata` three lines of text
// (huggingface/datatrove, pipeline/tokens/tokenizer.py; read by utils/dataset.py).
import { isSmall, narrow, NumberList, type ExportOptions, type Exporter } from './exporter.ts'
import { PartFile } from './part-file.ts'

export interface NanotronOptions extends ExportOptions {
  /** Written into the metadata: which tokenizer made the ids. */
  readonly tokenizerName: string
}

/** Writes `<prefix>.ds`, `<prefix>.ds.index` and `<prefix>.ds.metadata`. */
export function nanotronExporter(prefix: string, options: NanotronOptions): Exporter {
  const small = isSmall(options)
  const width = small ? 2 : 4
  const tokens = new PartFile(`${prefix}.ds`)
  const index = new PartFile(`${prefix}.ds.index`)
  const metadata = new PartFile(`${prefix}.ds.metadata`)
  const ends = new NumberList()
  const files = [tokens, index, metadata]
  return {
    add(ids) {
      if (ids.length === 0) return
      tokens.write(narrow(ids, small))
      ends.push(tokens.position / width)
    },
    commit() {
      const count = tokens.position / width
      index.write(ends.toBigInts())
      const lines = [`${options.tokenizerName}|${width}`, `${count}`, `${count} T`]
      metadata.write(Buffer.from(lines.join('\n'), 'utf8'))
      for (const file of files) file.commit()
      return { sequences: ends.length, tokens: count, files: files.map(({ path }) => path) }
    },
    close() {
      for (const file of files) file.close()
    },
  }
}
