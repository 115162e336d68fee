// Suggestions for misspelt names by edit distance (Damerau 1964, adjacent transpositions count one).

/** The closest of `known` to `name`, or undefined when nothing is near (a third of its letters). */
export function didYouMean(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      bestDistance = distance
      best = candidate
    }
  }
  return best
}

/** ", did you mean `x`?" or the whole list when it is short, or nothing. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = didYouMean(name, known)
  if (near !== undefined) return `, did you mean \`${near}\`?`
  if (known.length === 0) return '; it takes no options'
  return known.length <= 12 ? `; known: ${known.join(', ')}` : ''
}

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let cost = Math.min(substitution, last[j]! + 1, row[j - 1]! + 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) cost = Math.min(cost, beforeLast[j - 2]! + 1)
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
