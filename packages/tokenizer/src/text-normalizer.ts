// Changes to a text before it is split, as a list of plain string functions, and the way back: for
// offsets, which code unit of the original each code unit of the normalised text came from.
//
// The way back needs no bookkeeping inside the functions. Unicode normalisation, case, replacement
// all work on small neighbourhoods, so the text is cut into clusters (a character and the marks on
// it), each is normalised alone, and if that gives the same whole, each cluster maps to its image.
// Where clusters interact (Hangul jamo, replaced phrases), larger cuts are tried: words, lines. Where
// none fits (spaces removed at both ends), each step of the normalizer finds its own way back.
export interface TextNormalizer {
  /** Put in front of every non-empty text, before the rest. */
  readonly prepend: string
  readonly apply: (text: string) => string
  /** True when ASCII text comes out as it went in. */
  readonly keepsAscii: boolean
  /** The way back where clusters cannot find it. */
  readonly align?: (text: string) => AlignedText
  /** The steps that `apply` is made of. */
  readonly steps?: readonly ((text: string) => string)[]
}

export interface AlignedText {
  readonly text: string
  /** For code unit i of `text` the original range [starts[i], ends[i]). */
  readonly starts: Uint32Array
  readonly ends: Uint32Array
}

const cuts = [/\P{M}\p{M}*|\p{M}+/gsu, /\S+\s*|\s+/g]
const lines = /[^\n]*\n|[^\n]+/g

/** The text a tokenizer goes on with. */
export function normalizeText(text: string, normalizer: TextNormalizer): string {
  return text === '' ? text : normalizer.apply(normalizer.prepend + text)
}

/** The same with the origin of every code unit. Linear; several times slower. */
export function alignText(original: string, normalizer: TextNormalizer): AlignedText {
  if (normalizer.align) return normalizer.align(original)
  const text = normalizeText(original, normalizer)
  const prefix = original === '' ? '' : normalizer.apply(normalizer.prepend)
  for (const cut of cuts) {
    const aligned = tryCut(original, text, prefix, cut, normalizer)
    if (aligned) return aligned
  }
  if (normalizer.steps && normalizer.steps.length > 1) {
    return alignSteps(original, normalizer.prepend, normalizer.steps)
  }
  const at = original.indexOf(text)
  // Taken out whole: only what stood around it is gone.
  if (at >= 0) return shifted(text, at)
  const byLine = tryCut(original, text, prefix, lines, normalizer)
  if (byLine) return byLine
  const starts = new Uint32Array(text.length)
  const ends = new Uint32Array(text.length)
  alignPart(original, text, 0, 0, starts, ends)
  return { text, starts, ends }
}

/** Code unit i comes from code unit i + shift, or from nothing where that is before the text. */
function shifted(text: string, shift: number): AlignedText {
  const { length } = text
  return {
    text,
    starts: Uint32Array.from({ length }, (_, i) => Math.max(0, i + shift)),
    ends: Uint32Array.from({ length }, (_, i) => Math.max(0, i + shift + 1)),
  }
}

/** Goes back step by step; what was put in front covers nothing. */
function alignSteps(
  original: string,
  prepend: string,
  steps: readonly ((text: string) => string)[],
): AlignedText {
  let { text, starts, ends } = shifted(prepend + original, -prepend.length)
  for (const apply of steps) {
    const step = alignText(text, { prepend: '', apply, keepsAscii: false })
    const [before, after] = [starts, ends]
    starts = step.starts.map((start) => before[start]!)
    ends = step.ends.map((end, i) => (end > step.starts[i]! ? after[end - 1]! : starts[i]!))
    text = step.text
  }
  return { text, starts, ends }
}

function tryCut(
  original: string,
  text: string,
  prefix: string,
  cut: RegExp,
  normalizer: TextNormalizer,
): AlignedText | undefined {
  if (!text.startsWith(prefix)) return undefined
  const starts = new Uint32Array(text.length)
  const ends = new Uint32Array(text.length)
  let at = prefix.length
  for (const { 0: part, index } of original.matchAll(cut)) {
    const image = normalizer.apply(part)
    if (!text.startsWith(image, at)) return undefined
    alignPart(part, image, index, at, starts, ends)
    at += image.length
  }
  return at === text.length ? { text, starts, ends } : undefined
}

/** Equal beginnings and ends map one to one, what lies between as a whole. */
function alignPart(
  part: string,
  image: string,
  from: number,
  to: number,
  starts: Uint32Array,
  ends: Uint32Array,
): void {
  const shift = part.length - image.length
  const shorter = Math.min(part.length, image.length)
  let head = shift === 0 ? shorter : 0
  while (head < shorter && part[head] === image[head]) head++
  let tail = 0
  while (tail < shorter - head && part.at(-1 - tail) === image.at(-1 - tail)) tail++
  for (let i = 0; i < image.length; i++) {
    const isHead = i < head
    const isTail = i >= image.length - tail
    starts[to + i] = from + (isHead ? i : isTail ? i + shift : head)
    ends[to + i] = from + (isHead ? i + 1 : isTail ? i + shift + 1 : part.length - tail)
  }
}

/** Several normalizers one after the other; undefined when there are none. */
export function joinNormalizers(parts: readonly TextNormalizer[]): TextNormalizer | undefined {
  if (parts.length === 0) return undefined
  // What a later part puts in front stands before everything; earlier parts must not see it, and the
  // ones in use (replace, Unicode forms) leave a space mark alone.
  const prepend = parts
    .map((part) => part.prepend)
    .toReversed()
    .join('')
  return {
    prepend,
    apply: (text) => parts.reduce((made, part) => part.apply(made), text),
    keepsAscii: prepend === '' && parts.every((part) => part.keepsAscii),
    steps: parts.flatMap((part) => part.steps ?? [part.apply]),
  }
}
