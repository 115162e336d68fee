// What an input format must offer. A reader turns a segment of one file into items, in file order,
// in batches, with bounded memory; the runtime decides which segments there are.
//
// Splitting rule: an item belongs to the segment in which its first byte lies
// (start <= first byte < end). So the items of a file are the same however it is cut, and so are
// the items of the same records spread over several files.
import type { Context, Document } from '@shardmill/core'
import type { z } from 'zod'

/** A byte range of one file. Formats that cannot be entered in the middle get whole files. */
export interface Segment {
  readonly path: string
  readonly start: number
  readonly end: number
  /** Size of the whole file. */
  readonly fileBytes: number
}

/** A record that is not a document: revisit, malformed, over the size limit. Counted by reason. */
export interface Skipped {
  readonly skipped: string
  /** File and byte offset, and what was wrong, for the report: `a.warc.gz:1042: bad length`. */
  readonly where: string
}

export type ReadItem = Document | Skipped

export interface Format<Options> {
  /** As written in YAML (`format: warc`). */
  readonly name: string
  readonly summary: string
  /** Lower-case endings that select this format when none is named: '.warc.gz'. */
  readonly extensions: readonly string[]
  readonly options: z.ZodType<Options>
  /** Whether this file can be entered at a member, row group or line. */
  isSplittable(path: string, options: Options): boolean
  /**
   * Items of one segment in batches of at most 512 items and about 8 MB.
   * Throws `InputError` only when the file cannot be read at all.
   */
  read(segment: Segment, options: Options, context: Context): AsyncIterable<readonly ReadItem[]>
}

/** True for items that are documents. */
export function isDocument(item: ReadItem): item is Document {
  return !('skipped' in item)
}
