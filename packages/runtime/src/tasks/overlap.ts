// How filters overlap: a document that one filter drops is, with probability `overlapShare`, copied and
// given to the later stages of the same phase as if it had been kept, and every filter that would drop
// it too is noted. What earlier filters think is known already: they kept it. Which documents are
// sampled depends on their ids and the seed. The copies change nothing but the statistics; corpus
// stages and stages before a checkpoint are borders that no copy crosses.
// Cost: the later filters on `overlapShare` of what is dropped.
import { Document } from '@shardmill/core'
import { coin } from '@shardmill/core/hash'

export interface Shadow {
  /** The document as its filter saw it, going on as if kept. */
  readonly copy: Document
  /** The document itself, by which the guilty are known. */
  readonly original: Document
  /** Stages that dropped it or would have. */
  readonly stages: string[]
  /** The stage that it is given to next. */
  readonly next: number
}

/** A copy of a document just dropped, if it is in the sample. */
export function shadowOf(
  document: Document,
  stage: string,
  next: number,
  { seed, share }: { readonly seed: number; readonly share: number },
): Shadow | undefined {
  // Another coin than the `sample` stage tosses, or its survivors would all be sampled.
  if (share === 0 || coin(seed ^ 0x6f76_6572, document.id) >= share) return undefined
  const { id, url, text, lang, langScore, quality, content, contentType, meta } = document
  const fields = { id, url, text, lang, langScore, quality, content, contentType }
  const copy = new Document({ ...fields, meta: { ...meta } })
  copy.html = document.html
  return { copy, original: document, stages: [stage], next }
}
