// Working memory that is kept from page to page: a new typed array costs a microsecond or two before the
// first number is in it, as much as all that is done with a small one, and a page needs dozens.

interface Numbers {
  readonly length: number
}

/** Longer arrays, which few pages need, are made anew each time and go when the page is done. */
const longestKept = 1 << 15

/**
 * Returns a function that gives an array of at least so many numbers, the same one again and again: what it
 * holds is left from the page before.
 */
export function scratch<A extends Numbers>(Type: new (length: number) => A): (length: number) => A {
  let kept = new Type(256)
  return (length) => {
    if (length <= kept.length) return kept
    if (length > longestKept) return new Type(length)
    kept = new Type(Math.min(longestKept, 2 * length))
    return kept
  }
}
