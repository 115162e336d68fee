// The words of a model in its file: where each ends, and all of them as UTF-8.
import type { ModelWriter } from './model-writer.ts'
import type { Vocabulary } from './vocabulary.ts'

export function writeVocabulary(writer: ModelWriter, vocabulary: Vocabulary): void {
  const ends = new Uint32Array(vocabulary.count)
  const parts: Buffer[] = []
  let end = 0
  for (let id = 0; id < vocabulary.count; id++) {
    const word = Buffer.from(vocabulary.word(id))
    parts.push(word)
    end += word.length
    ends[id] = end
  }
  writer.whole('vocabulary-ends', ends)
  writer.whole('vocabulary-bytes', Buffer.concat(parts))
}
