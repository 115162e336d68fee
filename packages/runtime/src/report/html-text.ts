// Numbers and strangers' texts for the pages of a report.

/** A share with one decimal; empty when there is no whole. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`
}

/** 1234567 as 1 234 567 with narrow spaces: the same on every machine, unlike toLocaleString. */
export function number(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f')
}

/** Text that can stand anywhere in a page. */
export function escape(text: string): string {
  const named: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  // Control characters have no business in a page either.
  return text
    .replace(/[&<>"']/g, (char) => named[char]!)
    .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '\ufffd')
}
