// Counts listed words in a URL. A word is a run of ASCII letters and digits; words of the list with
// other characters (色情) have no borders in a URL and are looked for anywhere in it.

/** A function that counts how many different words of `words` an address has, up to `enough`. */
export function createWordCounter(
  words: readonly string[],
  enough: number,
): (address: string) => number {
  const lower = words.map((word) => word.toLowerCase())
  const bordered = new Set(lower.filter((word) => /^[a-z0-9]+$/.test(word)))
  const anywhere = lower.filter((word) => !bordered.has(word))
  if (lower.length === 0) return () => 0
  return (address) => {
    const found = new Set<string>()
    for (const word of anywhere) if (address.includes(word)) found.add(word)
    if (bordered.size === 0) return found.size
    let start = 0
    for (let i = 0; i <= address.length; i++) {
      if (i < address.length && isWordCode(address.charCodeAt(i))) continue
      if (i > start) {
        const word = address.slice(start, i)
        if (bordered.has(word)) found.add(word)
        if (found.size >= enough) return found.size
      }
      start = i + 1
    }
    return found.size
  }
}

function isWordCode(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39)
}
