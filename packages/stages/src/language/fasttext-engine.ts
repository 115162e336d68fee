// fastText's lid.176 model (Joulin et al. 2016) through fasttext.wasm.js: 176 languages, 240 ms to
// load, about 12 MB. The model inside that package is CC BY-SA 3.0 by fastText's own page. Its
// scores are over-confident for single words and it names no Chinese variant.
// The only file that knows this package exists.
import { BackendMissingError } from '@shardmill/core'
import {
  unknownLanguage,
  type LanguageEngine,
  type LanguageGuess,
} from '@shardmill/tokenizer/language/engine'

/** Characters given to the model: more changes nothing but the time. */
const maxChars = 2048

/** Loads the model (about 0.3 s); throws BackendMissingError when the package does not load. */
export async function createFasttextEngine(): Promise<LanguageEngine> {
  const model = await loadModel()
  return {
    name: 'fasttext',
    identify(text): LanguageGuess {
      const line = text.slice(0, maxChars).replace(/\s+/g, ' ').trim()
      if (line === '') return unknownLanguage
      // Lone surrogates would abort the conversion to UTF-8 inside the WebAssembly module.
      const found = model.predict(line.replace(/\p{Cs}/gu, '\ufffd'), 2, 0)
      const labels: { lang: string; score: number }[] = []
      for (let i = 0; i < found.size(); i++) {
        const [score, label] = found.get(i)
        labels.push({ lang: label.replace('__label__', ''), score: Math.min(1, score) })
      }
      const [first, second] = labels
      if (first === undefined) return unknownLanguage
      return {
        lang: first.lang,
        score: first.score,
        second: second?.lang ?? '',
        secondScore: second?.score ?? 0,
      }
    },
  }
}

async function loadModel() {
  try {
    const { getLIDModel } = await import('fasttext.wasm.js')
    const identifier = await getLIDModel()
    return await identifier.load()
  } catch (cause) {
    const hint = 'install `fasttext.wasm.js`, or use `engine: shardmill`'
    throw new BackendMissingError('fasttext: the model did not load', { cause, hint })
  }
}
