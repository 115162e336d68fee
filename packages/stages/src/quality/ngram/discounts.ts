// Discounts of modified Kneser-Ney smoothing: what is taken from counts of 1, 2, and 3 or more, by the
// closed form of Chen & Goodman (1998, equation 26), as lmplz computes it. A corpus that is small, or
// has few repeats, has no counts to compute them from; lmplz then fails, or uses what its
// --discount_fallback says: 0.5, 1, 1.5.
import { InputError } from '@shardmill/core/errors'

/** Discounts for the counts 1, 2, and 3 or more. */
export type Discounts = readonly [one: number, two: number, threeOrMore: number]

export const fallbackDiscounts: Discounts = [0.5, 1, 1.5]

/** `byCount[i]`: how many n-grams of the order have the adjusted count i, for i of 1 to 4. */
export function discountsOf(
  order: number,
  byCount: readonly number[],
  fallback: Discounts | undefined,
): Discounts {
  const [, one = 0, two = 0, three = 0, four = 0] = byCount
  const absent = [one, two, three].indexOf(0) + 1
  if (absent > 0) {
    return refuse(order, `no ${order}-gram has the adjusted count ${absent}`, fallback)
  }
  const y = one / (one + 2 * two)
  const discounts: Discounts = [
    1 - (2 * y * two) / one,
    2 - (3 * y * three) / two,
    3 - (4 * y * four) / three,
  ]
  const wrong = discounts.findIndex((discount, i) => discount < 0 || discount > i + 1)
  if (wrong < 0) return discounts
  const value = discounts[wrong]!.toFixed(3)
  return refuse(
    order,
    `the discount of ${order}-grams with count ${wrong + 1} would be ${value}`,
    fallback,
  )
}

function refuse(order: number, fault: string, fallback: Discounts | undefined): Discounts {
  if (fallback !== undefined) return fallback
  throw new InputError(`ngram: cannot smooth ${order}-grams: ${fault}; is the corpus tiny?`, {
    hint: 'give more text, or --discount-fallback (0.5, 1, 1.5, as lmplz)',
  })
}
