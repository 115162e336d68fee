// Picks the input format of a file by its ending, without loading any format.
import { ConfigError } from '@shardmill/core/errors'

const compressions = ['', '.gz', '.zst', '.bz2']

function withCompression(ending: string): string[] {
  return compressions.map((compression) => ending + compression)
}

/** Endings by format, the same as each format's `extensions`; the longest that fits wins. */
export const formatEndings: Readonly<Record<string, readonly string[]>> = {
  warc: ['.warc', '.warc.gz', '.arc', '.arc.gz', '.wet', '.wet.gz'],
  wacz: ['.wacz'],
  jsonl: [...withCompression('.jsonl'), ...withCompression('.ndjson'), ...withCompression('.json')],
  csv: [...withCompression('.csv'), ...withCompression('.tsv')],
  parquet: ['.parquet'],
  arrow: ['.arrow', '.feather', '.ipc'],
  html: ['.html', '.htm', '.xhtml'],
  text: [...withCompression('.txt'), ...withCompression('.md'), ...withCompression('.markdown')],
  mediawiki: withCompression('.xml'),
}

/** The name of the format for `path`. Throws `ConfigError` when no ending fits. */
export function formatOf(path: string): string {
  const lower = path.toLowerCase()
  let best = ''
  let found: string | undefined
  for (const [name, endings] of Object.entries(formatEndings)) {
    for (const ending of endings) {
      if (ending.length > best.length && lower.endsWith(ending)) {
        best = ending
        found = name
      }
    }
  }
  if (found !== undefined) return found
  const known = Object.entries(formatEndings).map(([name, list]) => `${name}: ${list.join(' ')}`)
  throw new ConfigError(`${path}: no input format has this ending`, {
    hint: `set \`format\`, or use one of these endings: ${known.join('; ')}`,
  })
}
