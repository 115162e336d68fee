// One document on its way through the pipeline: a web page, a JSON line, a book. Stages read and
// write its fields in place and mark it; nobody removes it (see stage.ts).
//
// `text` is guarded: its analysis (lines, words, sentences, scripts) is computed on first use,
// shared by every later stage and thrown away when the text changes. Cost: about 12 bytes per word
// while cached.
import { analyseScripts, type ScriptHistogram } from './script-histogram.ts'
import { splitLines, type Spans } from './lines.ts'
import { splitSentences } from './sentences.ts'
import { splitWords, type Words } from './words.ts'

export type MetaValue = string | number | boolean

export interface Dropped {
  readonly stage: string
  /** A short kebab-case key, counted in the report: `too-few-words`. */
  readonly reason: string
}

export interface Quarantined {
  readonly stage: string
  readonly error: string
}

export interface DocumentFields {
  id: string
  url?: string
  text?: string
  lang?: string
  langScore?: number
  quality?: number
  content?: Uint8Array | undefined
  contentType?: string
  meta?: Record<string, MetaValue>
}

export class Document {
  /** Stable whatever file the record came from: a record id, or a hash of the record's content. */
  id: string
  /** Absolute URL, or '' when unknown. */
  url: string
  /** BCP-47 tag set by `language-id` or carried by the input; '' when unknown. */
  lang: string
  /** Calibrated probability of `lang`, 0..1. */
  langScore: number
  /** Which of two copies to keep: higher wins. 0 when no stage judged it. */
  quality: number
  /** Raw bytes of the payload (HTML as fetched), already without transfer and content coding. */
  content: Uint8Array | undefined
  /** The HTTP Content-Type of `content`, as sent: `text/html; charset=gb2312`. */
  contentType: string
  /** `content` decoded to a string by the `decode` stage. Not kept across phases. */
  html: string | undefined
  /** Everything else worth keeping, written as one JSON column with sorted keys. */
  meta: Record<string, MetaValue>
  dropped: Dropped | undefined
  quarantined: Quarantined | undefined

  #text: string
  #lines: Spans | undefined
  #words: Words | undefined
  #sentences: Spans | undefined
  #scripts: ScriptHistogram | undefined

  constructor(fields: DocumentFields) {
    this.id = fields.id
    this.url = fields.url ?? ''
    this.lang = fields.lang ?? ''
    this.langScore = fields.langScore ?? 0
    this.quality = fields.quality ?? 0
    this.content = fields.content
    this.contentType = fields.contentType ?? ''
    this.html = undefined
    this.meta = fields.meta ?? {}
    this.dropped = undefined
    this.quarantined = undefined
    this.#text = fields.text ?? ''
  }

  get text(): string {
    return this.#text
  }

  set text(value: string) {
    if (value === this.#text) return
    this.#text = value
    this.#lines = undefined
    this.#words = undefined
    this.#sentences = undefined
    this.#scripts = undefined
  }

  /** True while no stage has dropped or quarantined it. */
  get isKept(): boolean {
    return this.dropped === undefined && this.quarantined === undefined
  }

  /** Line spans of `text`, without line ends; empty lines included. */
  get lines(): Spans {
    return (this.#lines ??= splitLines(this.#text))
  }

  /** Word spans of `text`; Chinese, Japanese and Thai are segmented. */
  get words(): Words {
    return (this.#words ??= splitWords(this.#text, this.scripts))
  }

  /** Sentence spans of `text`. */
  get sentences(): Spans {
    return (this.#sentences ??= splitSentences(this.#text))
  }

  /** How many letters of each script `text` has. */
  get scripts(): ScriptHistogram {
    return (this.#scripts ??= analyseScripts(this.#text))
  }
}
