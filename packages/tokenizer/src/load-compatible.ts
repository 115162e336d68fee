// The slow road for tokenizer.json files with parts we have no encoder for: @huggingface/tokenizers
// (pure JavaScript) does the work behind our interface. Ids and decoding only; offsets are refused.
import { InputError, messageOf } from '@shardmill/core/errors'
import { hashText } from '@shardmill/core/hash'
import { noSplit } from './character-bpe.ts'
import type { Json } from './load-json.ts'
import { Tokenizer } from './tokenizer.ts'

/** Wraps the library. Throws `InputError` when it does not know the file's parts either. */
export async function loadCompatible(file: string, json: Json, reason: string): Promise<Tokenizer> {
  const library = await import('@huggingface/tokenizers')
  const create = (): InstanceType<typeof library.Tokenizer> => {
    try {
      return new library.Tokenizer(json, {})
    } catch (cause) {
      const message = `${file}: ${reason} is not supported (${messageOf(cause)})`
      throw new InputError(message, { cause, hint: 'convert the tokenizer, or ask for support' })
    }
  }
  const slow = create()
  const encode = (text: string): readonly number[] =>
    slow.encode(text, { add_special_tokens: false }).ids
  const added = slow.get_added_tokens_decoder()
  const vocab = slow.get_vocab()
  const vocabSize = Math.max(...vocab.values(), ...added.keys()) + 1
  const decode = (ids: readonly number[]): string =>
    ids.length === 0 ? '' : slow.decode([...ids], { skip_special_tokens: false })
  return new Tokenizer({
    kind: 'bpe',
    vocabSize,
    hash: hashText(JSON.stringify(json)),
    model: {
      encodePiece(bytes, from, to, ids, at) {
        const made = encode(Buffer.from(bytes.subarray(from, to)).toString('utf8'))
        if (made.length > to - from) {
          throw new RangeError(`${file}: more tokens than bytes: ${made.length} > ${to - from}`)
        }
        ids.set(made, at)
        return made.length
      },
      encodePieceEnds() {
        throw new InputError(
          `${file}: offsets are not available, because ${reason} has no fast path`,
        )
      },
    },
    split: noSplit,
    addedTokens: [],
    before: [],
    after: [],
    decoder: {
      decode,
      stream() {
        const ids: number[] = []
        let emitted = ''
        return {
          push(id) {
            ids.push(id)
            const text = decode(ids)
            if (text.endsWith('\ufffd') || !text.startsWith(emitted)) return ''
            const fresh = text.slice(emitted.length)
            emitted = text
            return fresh
          },
          end: () => decode(ids).slice(emitted.length),
        }
      },
    },
    tokenText: (id) => slow.id_to_token(id),
    idOf: (token) => slow.token_to_id(token),
  })
}
