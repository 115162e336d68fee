// Writes a model as ARPA text, the exchange format of n-gram models (KenLM, SRILM). Probabilities are
// printed so that reading them back gives the same float32. A quantised model is written as it scores.
// Memory: the model. Time: about a microsecond per n-gram.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { InputError } from '@shardmill/core/errors'
import { basesOf } from './model-arrays.ts'
import { ModelFile } from './model-file.ts'
import { readBackoffs, readProbs, readVocabulary } from './model.ts'

const bufferChars = 1 << 20

/** Writes the model at `path` to `output`, all of it or nothing. */
export function exportArpa(path: string, output: string): void {
  const file = new ModelFile(path)
  const temporary = `${output}.${process.pid}.part`
  const descriptor = openSync(temporary, 'w')
  let isOpen = true
  try {
    let pending = ''
    const flush = (): void => {
      const bytes = Buffer.from(pending)
      for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at)
      pending = ''
    }
    for (const line of arpaLines(file)) {
      pending += line
      if (pending.length >= bufferChars) flush()
    }
    flush()
    fsyncSync(descriptor)
    closeSync(descriptor)
    isOpen = false
    renameSync(temporary, output)
  } finally {
    file.close()
    if (isOpen) closeSync(descriptor)
    rmSync(temporary, { force: true })
  }
}

function* arpaLines(file: ModelFile): Generator<string> {
  const { ngrams, contexts, order } = file.header
  const vocabulary = readVocabulary(file)
  const names = Array.from({ length: vocabulary.count }, (_, id) => vocabulary.word(id))
  const spaced = names.find((name) => /[\s\0]/.test(name))
  if (spaced !== undefined) {
    throw new InputError(`${file.path}: ARPA cannot hold the token ${JSON.stringify(spaced)}`, {
      hint: 'ARPA divides tokens by white space; keep the model as it is',
    })
  }
  const words = file.read('words', 'u32')
  const next = file.read('next', 'u32')
  const starts = file.read('starts', 'u32')
  const parents = file.read('parents', 'u32')
  const first = file.read('first', 'u32')
  const probs = readProbs(file)
  const backoffs = readBackoffs(file)
  const base = [...basesOf(contexts), parents.length]
  yield `\\data\\\n${ngrams.map((count, i) => `ngram ${i + 1}=${count}\n`).join('')}`
  for (let n = 1; n <= order; n++) {
    yield `\n\\${n}-grams:\n`
    for (let context = base[n - 1]!; context < base[n]!; context++) {
      let prefix = ''
      for (let each = context; each > 0; each = parents[each]!) prefix += `${names[first[each]!]} `
      for (let at = starts[context]!; at < starts[context + 1]!; at++) {
        const following = next[at]!
        const isContext = n < order && following >= base[n]! && following < base[n + 1]!
        const backoff = n === order ? '' : `\t${isContext ? print(backoffs[following]!) : 0}`
        yield `${print(probs[at]!)}\t${prefix}${names[words[at]!]}${backoff}\n`
      }
    }
  }
  yield '\n\\end\\\n'
}

/** Nine digits tell a float32 from its neighbours. */
function print(value: number): string {
  return String(Number(value.toPrecision(9)))
}
