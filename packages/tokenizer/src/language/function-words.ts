// Share of function words: the best single sign of running prose against keyword lists, navigation
// and product names (Gopher's stop-word rule, Rae et al. 2021, A.1.1, as a share). For Chinese the
// share of the characters 的 了 是 在 和 有 不 这 and their like among all Han characters; real prose
// has 6 to 15 %, keyword pages under 2 %. For other scripts the share of words from short lists.

const chinese = new Set('的了是在和有不这這我们們他她也就都与與而及到为為中人上个個')
const words: Readonly<Record<string, ReadonlySet<string>>> = Object.fromEntries(
  Object.entries({
    en: 'the of and to in a is that for it with as was on be by this are at from',
    de: 'der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als',
    fr: 'le la les de des et un une à en du que est pour dans qui au par sur pas',
    es: 'el la los las de y que en a un una del se por con no es para al lo',
    pt: 'o a os as de e que em um uma do da para com não por se na no é',
    it: 'il la di e che in un una per con non del da le si è i dei al lo',
    nl: 'de het een van en in is dat op te zijn met voor niet aan er om ook als die',
    ru: 'и в не на что с он как по это из у за от но а то к для',
  }).map(([lang, list]) => [lang, new Set(list.split(' '))]),
)

/** Languages with a list, Chinese included. */
export const functionWordLanguages: readonly string[] = ['zh', ...Object.keys(words)]

/** Share (0..1) of function words in `text`; undefined for a language without a list. */
export function functionWordShare(text: string, lang: string): number | undefined {
  const base = lang.split('-')[0]!
  if (base === 'zh') return chineseShare(text)
  const list = words[base]
  if (list === undefined) return undefined
  let [hits, all] = [0, 0]
  for (const [word] of text.toLowerCase().matchAll(/\p{L}[\p{L}\p{M}'’]*/gu)) {
    all++
    if (list.has(word)) hits++
  }
  return all === 0 ? 0 : hits / all
}

function chineseShare(text: string): number {
  let [hits, han] = [0, 0]
  for (const char of text) {
    const code = char.codePointAt(0)!
    if (code < 0x3400 || (code > 0x9fff && code < 0x20000)) continue
    han++
    if (chinese.has(char)) hits++
  }
  return han === 0 ? 0 : hits / han
}
