// Seeded documents in Chinese and English with exact duplicates, as JSON lines.
import { seeded } from '@shardmill/core/random'

const english = 'the of and river town people light water story morning small again under'.split(
  ' ',
)
const chinese = Array.from(
  '的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动',
)

export interface Row {
  readonly id: string
  readonly url: string
  readonly text: string
}

/** `count` documents; one in ten repeats the text of an earlier one. */
export function makeRows(count: number, seed = 7): Row[] {
  const random = seeded(seed)
  const rows: Row[] = []
  for (let i = 0; i < count; i++) {
    const isCopy = i > 10 && random.below(10) === 0
    const text = isCopy ? rows[random.below(i)]!.text : makeText(random)
    rows.push({ id: `doc-${i}`, url: `https://site${random.below(40)}.example/${i}`, text })
  }
  return rows
}

function makeText(random: ReturnType<typeof seeded>): string {
  const words = 20 + random.below(200)
  const isChinese = random.below(2) === 0
  const list = isChinese ? chinese : english
  const parts: string[] = []
  for (let i = 0; i < words; i++) {
    parts.push(list[random.below(list.length)]!)
    if (i % 12 === 11) parts.push(isChinese ? '。' : '.\n')
  }
  return parts.join(isChinese ? '' : ' ')
}

export function toJsonl(rows: readonly Row[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}
