// Labelled examples from files in any input format: a folder per label, a field of each row, or a
// file of labels joined by id. Web pages go through the html stage first, so a model is trained on
// what it will be asked about. Order: sources as written, files as given, documents as they stand.
import { readFileSync, statSync } from 'node:fs'
import { ConfigError, InputError, type Context, type Document } from '@shardmill/core'
import type { Transform } from '@shardmill/core/stage'
import { formats, stages } from '../index.ts'
import { isDocument } from '../read/format.ts'
import type { Example } from './example-store.ts'
import type { ExampleSourceConfig } from './training-config.ts'

/** One source with its files found and their options checked. */
export interface ExampleSource extends Pick<
  ExampleSourceConfig,
  'label' | 'labelField' | 'labels' | 'classes' | 'groupField'
> {
  readonly files: readonly {
    readonly path: string
    readonly format: string
    readonly options: unknown
  }[]
}

export interface ReadCounts {
  documents: number
  /** Without text, dropped by extraction, broken. */
  unreadable: number
  /** Without a label, or with one that no class lists. */
  unlabelled: number
}

/** Reads the labelled documents of all sources; what was left out is added to `counts`. */
export async function* readExamples(
  sources: readonly ExampleSource[],
  context: Context,
  counts: ReadCounts,
): AsyncGenerator<Example & { readonly id: string }> {
  for (const source of sources) {
    const labelOf = createLabeller(source, context)
    for await (const document of readDocuments(source.files, context, counts)) {
      const label = labelOf(document)
      if (label === undefined) {
        counts.unlabelled++
        continue
      }
      const group = groupOf(document, source.groupField)
      yield { id: document.id, text: document.text, label, group }
    }
  }
}

/** Documents of files, pages extracted; those without text are counted only. */
export async function* readDocuments(
  files: ExampleSource['files'],
  context: Context,
  counts: ReadCounts,
): AsyncGenerator<Document> {
  let extract: Transform | undefined
  for (const { path, format, options } of files) {
    const reader = await formats[format]!()
    const fileBytes = statSync(path).size
    const segment = { path, start: 0, end: fileBytes, fileBytes }
    for await (const items of reader.read(segment, options, context)) {
      const documents = items.filter(isDocument)
      counts.documents += documents.length
      counts.unreadable += items.length - documents.length
      const pages = documents.filter(({ content }) => content !== undefined)
      if (pages.length > 0) {
        extract ??= await createExtractor(context)
        await extract.process(pages)
      }
      for (const document of documents) {
        if (document.isKept && document.text !== '') yield document
        else counts.unreadable++
      }
    }
  }
}

async function createExtractor(context: Context): Promise<Transform> {
  const stage = await stages['html']!()
  if (stage.scope !== 'document') throw new InputError('html: expected a document stage')
  return stage.create(stage.options.parse({}), context)
}

function createLabeller(
  { label, labelField, labels, classes }: ExampleSource,
  context: Context,
): (document: Document) => string | undefined {
  if (label !== undefined) return () => label
  const byId = labels === undefined ? undefined : readLabels(context.path(labels), labelField)
  const classOf = new Map(
    Object.entries(classes ?? {}).flatMap(([name, all]) => all.map((value) => [value, name])),
  )
  return (document) => {
    const value = byId === undefined ? document.meta[labelField] : byId.get(document.id)
    if (value === undefined || value === '') return undefined
    return classes === undefined ? String(value) : classOf.get(String(value))
  }
}

function readLabels(path: string, field: string): Map<string, string> {
  const labels = new Map<string, string>()
  for (const [i, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    if (line.trim() === '') continue
    let row: Record<string, unknown>
    try {
      row = JSON.parse(line) as Record<string, unknown>
    } catch (cause) {
      throw new InputError(`${path}:${i + 1}: expected a JSON object`, { cause })
    }
    const [id, value] = [row['id'], row[field]]
    if (typeof id === 'string' && (typeof value === 'string' || typeof value === 'number')) {
      labels.set(id, String(value))
    }
  }
  if (labels.size > 0) return labels
  throw new ConfigError(`${path}: no row has \`id\` and \`${field}\``)
}

function groupOf({ url, meta }: Document, field: string | undefined): string | undefined {
  if (field === undefined) return undefined
  if (field !== 'host') return meta[field] === undefined ? undefined : String(meta[field])
  return URL.canParse(url) ? new URL(url).host : undefined
}
