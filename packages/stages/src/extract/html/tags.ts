// The elements the extractor tells apart, as small numbers, with what each means for structure.
// Names are looked up by a hash of their lower-cased letters while the scanner reads them, so no
// substring is made per tag. Element roles after the HTML Standard (WHATWG), sections 4 and 13.2.

/** What an element does to structure and text; one bit each. */
export const flag = {
  /** Starts a new block of text. */
  block: 1,
  /** Has no content and no end tag. */
  void: 2,
  /** Content is text up to its own end tag. */
  raw: 4,
  /** Content is never shown as text: scripts, forms' values, embedded media. */
  hidden: 8,
  /** Misnested end tags of these do not close blocks. */
  inline: 16,
  /** A <p> ends where this starts. */
  closesParagraph: 32,
  /** May stand in <head>. */
  head: 64,
  /** An end tag is not looked for beyond these. */
  boundary: 128,
} as const

const { block, inline, raw, hidden, closesParagraph, head, boundary } = flag
const voidTag = flag.void

const roles: readonly (readonly [flags: number, names: string])[] = [
  [block | closesParagraph, 'div section article main aside nav header footer hgroup address'],
  [block | closesParagraph, 'p h1 h2 h3 h4 h5 h6 blockquote pre ul ol menu dl figure form'],
  [block | closesParagraph, 'fieldset details summary center dialog search'],
  [block | closesParagraph | voidTag, 'hr'],
  [block, 'html body li dt dd figcaption legend caption thead tbody tfoot tr'],
  [block, 'optgroup noscript frameset picture video audio'],
  [block | closesParagraph | boundary, 'table'],
  [block | boundary, 'td th'],
  [block, 'button label'],
  [block | head, 'head'],
  [block | raw | hidden | head, 'title'],
  [block | voidTag, 'br'],
  [inline, 'a abbr b bdi bdo big cite code data del dfn em font i ins kbd mark nobr q ruby rb s'],
  [
    inline,
    'samp small span strike strong sub sup time tt u var rt rp rtc math annotation semantics',
  ],
  [inline | voidTag, 'img wbr'],
  [voidTag | hidden, 'input embed param source track area col frame keygen image bgsound'],
  [voidTag | hidden | head, 'meta link base basefont'],
  [raw | hidden | head, 'script style'],
  [raw | hidden, 'textarea iframe noembed noframes xmp'],
  [hidden, 'svg canvas object map datalist select option colgroup'],
  [hidden | head, 'template'],
]

/** Flags by tag number. 0 is text, 1 an unknown element, 2 an unknown custom element. */
export const tagFlags = new Uint8Array(192)
/** Names by tag number. */
export const tagNames: string[] = ['#text', 'unknown', 'custom-element']
/** Tag numbers by name. */
export const tagNumbers: Record<string, number> = {}

tagFlags[1] = inline
tagFlags[2] = block
for (const [flags, names] of roles) {
  for (const name of names.split(' ')) {
    tagNumbers[name] = tagNames.length
    tagFlags[tagNames.length] = flags
    tagNames.push(name)
  }
}

/** The number of an element this module knows. */
export function tagNumber(name: string): number {
  const number = tagNumbers[name]
  if (number === undefined) throw new Error(`tags: no element \`${name}\` in the table`)
  return number
}

/** 1 to 6 by the number of a heading's tag, else 0. */
export const headingLevel = new Uint8Array(256)
for (let level = 1; level <= 6; level++) headingLevel[tagNumber(`h${level}`)] = level

/** One step of the name hash; letters are lower-cased by setting bit 5. */
export const hashStep = (hash: number, code: number): number =>
  Math.imul(hash ^ (code | 32), 0x01000193)
/** FNV-1a offset basis (Fowler, Noll, Vo). */
export const hashStart = 0x811c9dc5 | 0

/** Hash of a whole lower-case word, for building tables. */
export function hashWord(word: string): number {
  let hash = hashStart
  for (let i = 0; i < word.length; i++) hash = hashStep(hash, word.charCodeAt(i))
  return hash
}

const slots = 1024
const slotHash = new Int32Array(slots)
const slotTag = new Uint8Array(slots)
for (const [name, number] of Object.entries(tagNumbers)) {
  const hash = hashWord(name)
  let slot = (hash ^ (hash >>> 15)) & (slots - 1)
  while (slotTag[slot] !== 0) slot = (slot + 1) & (slots - 1)
  slotHash[slot] = hash
  slotTag[slot] = number
}

/** Tag number of a hashed name; 0 when unknown. */
export function lookUpTag(hash: number): number {
  let slot = (hash ^ (hash >>> 15)) & (slots - 1)
  while (slotTag[slot] !== 0) {
    if (slotHash[slot] === hash) return slotTag[slot] ?? 0
    slot = (slot + 1) & (slots - 1)
  }
  return 0
}
