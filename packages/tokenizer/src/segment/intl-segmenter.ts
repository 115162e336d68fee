// Intl.Segmenter: ICU's dictionary, no dependency, 78 F1 on UD Chinese. Its words change with the
// ICU inside Node, so its name carries the version.
import type { Segmenter } from './segmenter.ts'

export function createIntlSegmenter(locale = 'zh'): Segmenter {
  const segmenter = new Intl.Segmenter(locale, { granularity: 'word' })
  return {
    name: `intl-${process.versions.icu ?? 'none'}`,
    segment(text) {
      const ends: number[] = []
      for (const { segment, index } of segmenter.segment(text)) ends.push(index + segment.length)
      return Uint32Array.from(ends)
    },
  }
}
