// Reads block lists as they are published: UT1 folders (files `domains`, `urls`, `expressions`, also
// folders of such folders), hosts files (`0.0.0.0 host`), adblock host rules (`||host^`) and plain
// lists with one domain or address per line and `#` or `!` comments.
// Files are read in 1 MiB pieces; only the hashes of entries stay (string-hash-set.ts).
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { ConfigError, messageOf } from '@shardmill/core/errors'
import { StringHashSetBuilder, type StringHashSet } from './string-hash-set.ts'
import { splitUrl } from './url-parts.ts'

export interface UrlLists {
  readonly domains: StringHashSet
  readonly addresses: StringHashSet
  readonly expressions: readonly RegExp[]
}

/** Reads every list at `paths` (files or folders) and adds `entries`. Throws `ConfigError`. */
export function readUrlLists(paths: readonly string[], entries: readonly string[] = []): UrlLists {
  const builder = new UrlListsBuilder()
  for (const path of paths) builder.addPath(path)
  for (const entry of entries) builder.addEntry(entry)
  return builder.build()
}

class UrlListsBuilder {
  readonly #domains = new StringHashSetBuilder()
  readonly #addresses = new StringHashSetBuilder()
  readonly #expressions: RegExp[] = []

  addPath(path: string): void {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats === undefined) {
      throw new ConfigError(`url-filter: there is no list at ${path}`, {
        hint: 'give a file with one domain or address per line, or a UT1 folder',
      })
    }
    if (stats.isDirectory()) this.#addFolder(path)
    else this.#addFile(path)
  }

  addEntry(line: string): void {
    const entry = cleanEntry(line)
    if (entry === '') return
    const isAddress = entry.includes('/') || entry.includes('?')
    if (!isAddress && isPlainHost(entry)) this.#domains.add(entry)
    else {
      const split = splitUrl(entry)
      if (split === undefined) return
      if (split.address.includes('/')) this.#addresses.add(split.address)
      else this.#domains.add(split.host)
    }
  }

  build(): UrlLists {
    return {
      domains: this.#domains.build(),
      addresses: this.#addresses.build(),
      expressions: this.#expressions,
    }
  }

  #addFolder(path: string): void {
    const entries = readdirSync(path, { withFileTypes: true })
    const lists = entries.filter(({ name }) => /^(?:domains|urls|expressions)$/.test(name))
    const below = entries.filter((entry) => entry.isDirectory())
    if (lists.length === 0 && below.length === 0) {
      throw new ConfigError(`url-filter: ${path} has no file named domains, urls or expressions`)
    }
    for (const { name } of [...lists, ...below]) this.addPath(join(path, name))
  }

  #addFile(path: string): void {
    if (basename(path) !== 'expressions') {
      forEachLine(path, (line) => this.addEntry(line))
      return
    }
    forEachLine(path, (line, number) => {
      if (line.trim() === '') return
      try {
        // `.*x` finds what `x` finds, in quadratic time; UT1 has such lines.
        this.#expressions.push(new RegExp(line.trim().replace(/^\^?\.\*(?![?+*{])/, ''), 'i'))
      } catch (cause) {
        throw new ConfigError(`${path}:${number}: ${messageOf(cause)}`, { cause })
      }
    })
  }
}

/** The entry of a list line: comments, hosts-file addresses and adblock marks taken off. */
function cleanEntry(line: string): string {
  let entry = line
  const comment = entry.indexOf('#')
  if (comment === 0 || entry.startsWith('!')) return ''
  if (comment > 0 && /\s/.test(entry[comment - 1]!)) entry = entry.slice(0, comment)
  entry = entry.trim().toLowerCase()
  const space = entry.search(/\s/)
  if (space > 0) {
    if (!/^(?:0\.0\.0\.0|127\.0\.0\.1|::1?)$/.test(entry.slice(0, space))) return ''
    entry = entry.slice(space).trim()
  }
  if (entry.startsWith('||')) entry = entry.slice(2).replace(/\^.*$/, '')
  return entry.replace(/^\*?\./, '')
}

function isPlainHost(entry: string): boolean {
  return /^[a-z0-9._-]+$/.test(entry)
}

function forEachLine(path: string, handle: (line: string, number: number) => void): void {
  const file = openSync(path, 'r')
  try {
    const piece = Buffer.alloc(1 << 20)
    const decoder = new StringDecoder('utf8')
    let rest = ''
    let number = 0
    for (let bytes = -1; bytes !== 0;) {
      bytes = readSync(file, piece)
      const text =
        rest + (bytes === 0 ? `${decoder.end()}\n` : decoder.write(piece.subarray(0, bytes)))
      let start = 0
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
        handle(text.slice(start, end), ++number)
        start = end + 1
      }
      rest = text.slice(start)
    }
  } finally {
    closeSync(file)
  }
}
