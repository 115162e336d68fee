// minhash-dedup over signatures that are made up, for `pnpm bench signatures`: the text of a document is
// `<own number> <number it was copied from>`. Copies share about seven of eight signature values and
// shingles with their origin. Everything behind the signature is the real stage.
import { z } from 'zod'
import { defineCorpus } from '../../packages/core/dist/stage.js'
import { mix32 } from '../../packages/core/dist/random.js'
import { minhashDedup } from '../../packages/stages/dist/dedup/minhash-dedup.js'
import { describeDocument, signatureAt } from '../../packages/stages/dist/dedup/minhash/verify.js'

const values = 112
const shingles = 64

export default defineCorpus({
  name: 'synthetic-minhash',
  summary: 'minhash-dedup over made-up signatures.',
  options: z.strictObject({}),
  verifies: 'documents',
  async create(_, context) {
    const pass = await minhashDedup.create(minhashDedup.options.parse({}), context)
    const description = new Uint32Array(signatureAt + values)
    const signature = description.subarray(signatureAt)
    const key = new Uint32Array(2)
    return {
      ...pass,
      emit(document, push) {
        const [own, origin] = document.text.split(' ').map(Number)
        fill(signature, own, origin, 0)
        pass.emitDescribed(description, push)
      },
      describe(document) {
        const [own, origin] = document.text.split(' ').map(Number)
        fill(signature, own, origin, 0)
        const set = new Uint32Array(shingles)
        fill(set, own, origin, 0x5bd1_e995)
        return describeDocument(document, key, signature, 1, set.toSorted())
      },
    }
  },
})

function fill(words, own, origin, salt) {
  for (let i = 0; i < words.length; i++) {
    const isOwn = own !== origin && (mix32(own * 131 + i) & 15) === 0
    words[i] = mix32(mix32((isOwn ? own : origin) + salt) + i)
  }
}
