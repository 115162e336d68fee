// Where two nearly equal texts differ, for the report: words (single characters for Chinese) by the
// greedy algorithm of Myers 1986, O((n + m) d) for d differences. Common beginnings and ends go first;
// after `maxEdits` differences what is left counts as replaced. Long stretches are shortened and only
// the first changes shown, so that a report stays readable.
export interface DiffPart {
  /** In both texts, or in one of them only. */
  readonly kind: 'same' | 'kept' | 'dropped'
  readonly text: string
}

const maxEdits = 400
const maxParts = 60
/** Characters on both sides of a change. */
const contextLength = 60
const changeLength = 240

/** The differences of a dropped text from the kept one, shortened. */
export function diffTexts(kept: string, dropped: string): DiffPart[] {
  const parts = shorten(diffTokens(tokensOf(dropped), tokensOf(kept)))
  if (parts.length <= maxParts) return parts
  return [...parts.slice(0, maxParts), { kind: 'same', text: ' … and more' }]
}

function tokensOf(text: string): string[] {
  return text.match(/\p{Script=Han}|[^\s\p{Script=Han}]+|\s+/gu) ?? []
}

/** All parts in order: `from` is the dropped text, `to` the kept one. */
export function diffTokens(from: readonly string[], to: readonly string[]): DiffPart[] {
  let start = 0
  while (start < from.length && start < to.length && from[start] === to[start]) start++
  let [endFrom, endTo] = [from.length, to.length]
  while (endFrom > start && endTo > start && from[endFrom - 1] === to[endTo - 1]) {
    endFrom--
    endTo--
  }
  const parts: { kind: DiffPart['kind']; tokens: readonly string[] }[] = [
    { kind: 'same', tokens: from.slice(0, start) },
    ...editScript(from.slice(start, endFrom), to.slice(start, endTo)),
    { kind: 'same', tokens: from.slice(endFrom) },
  ]
  const merged: { kind: DiffPart['kind']; text: string }[] = []
  for (const { kind, tokens } of parts) {
    if (tokens.length === 0) continue
    const last = merged.at(-1)
    if (last?.kind === kind) last.text += tokens.join('')
    else merged.push({ kind, text: tokens.join('') })
  }
  return merged
}

function editScript(
  from: readonly string[],
  to: readonly string[],
): { kind: DiffPart['kind']; tokens: readonly string[] }[] {
  const trace: Int32Array[] = []
  // furthest[k + offset]: how far into `from` diagonal k has come.
  const offset = maxEdits + 1
  const furthest = new Int32Array(2 * offset + 1)
  for (let edits = 0; edits <= maxEdits; edits++) {
    trace.push(furthest.slice(offset - edits - 1, offset + edits + 2))
    for (let k = -edits; k <= edits; k += 2) {
      const isDown =
        k === -edits || (k !== edits && furthest[offset + k - 1]! < furthest[offset + k + 1]!)
      let x = isDown ? furthest[offset + k + 1]! : furthest[offset + k - 1]! + 1
      while (x < from.length && x - k < to.length && from[x] === to[x - k]) x++
      furthest[offset + k] = x
      if (x >= from.length && x - k >= to.length) return backtrack(from, to, trace)
    }
  }
  return [
    { kind: 'dropped', tokens: from },
    { kind: 'kept', tokens: to },
  ]
}

function backtrack(
  from: readonly string[],
  to: readonly string[],
  trace: readonly Int32Array[],
): { kind: DiffPart['kind']; tokens: readonly string[] }[] {
  const parts: { kind: DiffPart['kind']; tokens: readonly string[] }[] = []
  let [x, y] = [from.length, to.length]
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const furthest = trace[edits]!
    const middle = edits + 1
    const k = x - y
    const isDown =
      k === -edits || (k !== edits && furthest[middle + k - 1]! < furthest[middle + k + 1]!)
    const before = k + (isDown ? 1 : -1)
    const [oldX, oldY] = edits === 0 ? [0, 0] : at(furthest[middle + before]!, before)
    const startX = edits === 0 ? 0 : isDown ? oldX : oldX + 1
    parts.push({ kind: 'same', tokens: from.slice(startX, x) })
    if (edits > 0 && isDown) parts.push({ kind: 'kept', tokens: to.slice(oldY, oldY + 1) })
    else if (edits > 0) parts.push({ kind: 'dropped', tokens: from.slice(oldX, oldX + 1) })
    ;[x, y] = [oldX, oldY]
  }
  return parts.toReversed()
}

const at = (x: number, k: number): [number, number] => [x, x - k]

function shorten(parts: readonly DiffPart[]): DiffPart[] {
  return parts.map(({ kind, text }, i) => {
    if (kind !== 'same') return { kind, text: cutMiddle(text, changeLength, changeLength / 4) }
    const [head, tail] = [i === 0 ? 0 : contextLength, i === parts.length - 1 ? 0 : contextLength]
    return { kind, text: cutMiddle(text, head, tail) }
  })
}

/** `text` without its middle, when that saves something. */
function cutMiddle(text: string, head: number, tail: number): string {
  if (text.length <= head + tail + 20) return text
  const [first, last] = [text.slice(0, head), tail === 0 ? '' : text.slice(-tail)]
  return `${first} … ${last}`.toWellFormed()
}
