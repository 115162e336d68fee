// Runs one stage over one fixture folder:
//   options.yaml       the stage's options; missing means defaults
//   input.jsonl        one document per line, fields as in `DocumentFields`; `html` may be set too
//   input.html         instead of it: one document whose `content` is the file, and `html` its UTF-8
//   input.bin          the same with raw bytes only; the type comes from `contentType` in type.txt
//   output.jsonl       expected: kept documents, fields that differ from an empty document
//   dropped.jsonl      expected: {id, reason} of dropped, {id, error} of quarantined documents
// Lone surrogates are written as JSON escapes (`\ud83d`), so odd Unicode survives the round trip.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { Document, type DocumentFields } from '@shardmill/core/document'
import type { Context, Stage } from '@shardmill/core/stage'

export interface FixtureResult {
  readonly output: string
  readonly dropped: string
}

/** Names of the folders in `path`, sorted; none when it does not exist. */
export function folders(path: string): string[] {
  if (!existsSync(path)) return []
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted()
}

/** Runs `stage` over the documents of the fixture folder `path`. */
export async function runFixture(stage: Stage, path: string): Promise<FixtureResult> {
  if (stage.scope !== 'document') throw new Error(`${stage.name}: see runCorpusFixture`)
  const documents = readFixtureDocuments(path)
  const transform = await stage.create(
    stage.options.parse(readFixtureOptions(path)),
    testContext(path),
  )
  await transform.process(documents)
  await transform.close?.()
  return fixtureResult(documents)
}

/** The options of a fixture; none when it has no file of them. */
export function readFixtureOptions(path: string): unknown {
  const optionsPath = join(path, 'options.yaml')
  const yaml: unknown = existsSync(optionsPath) ? parse(readFileSync(optionsPath, 'utf8')) : {}
  return yaml ?? {}
}

/** What became of the documents of a fixture, as the text of its expected files. */
export function fixtureResult(documents: readonly Document[]): FixtureResult {
  const kept = documents.filter((doc) => doc.isKept)
  const gone = documents.filter((doc) => !doc.isKept)
  return { output: jsonLines(kept.map(keptRow)), dropped: jsonLines(gone.map(droppedRow)) }
}

/** A context whose paths are relative to `folder`; counters go to `counters` when given. */
export function testContext(folder: string, counters?: Map<string, number>): Context {
  return {
    signal: new AbortController().signal,
    seed: 1,
    scratch: folder,
    count: (counter, by = 1) => counters?.set(counter, (counters.get(counter) ?? 0) + by),
    beat: () => undefined,
    path: (path) => resolve(folder, path),
  }
}

/** The documents of a fixture folder. */
export function readFixtureDocuments(path: string): Document[] {
  const html = join(path, 'input.html')
  const binary = join(path, 'input.bin')
  if (existsSync(html)) {
    const content = readFileSync(html)
    const doc = new Document({ id: 'input.html', content, contentType: contentType(path) })
    doc.html = content.toString('utf8')
    return [doc]
  }
  if (existsSync(binary)) {
    const content = readFileSync(binary)
    return [new Document({ id: 'input.bin', content, contentType: contentType(path) })]
  }
  const rows = readFileSync(join(path, 'input.jsonl'), 'utf8').split('\n').filter(Boolean)
  return rows.map((row) => {
    const { html: page, ...fields } = JSON.parse(row) as DocumentFields & { html?: string }
    const doc = new Document(fields)
    doc.html = page
    return doc
  })
}

function contentType(path: string): string {
  const typePath = join(path, 'type.txt')
  return existsSync(typePath) ? readFileSync(typePath, 'utf8').trim() : 'text/html'
}

function keptRow(doc: Document): Record<string, unknown> {
  const { id, url, text, lang, langScore, quality, meta } = doc
  const all = { id, url, text, lang, langScore, quality, meta }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => isSet(value)))
}

function isSet(value: unknown): boolean {
  return typeof value === 'object' && value !== null
    ? Object.keys(value).length > 0
    : Boolean(value)
}

function droppedRow({ id, dropped, quarantined }: Document): Record<string, unknown> {
  return quarantined ? { id, error: quarantined.error } : { id, reason: dropped?.reason }
}

function jsonLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}
