// Ids back to text. Byte-level vocabularies join bytes; the others join strings by a list of rules,
// as written in a tokenizer.json. Unfinished characters become U+FFFD, as in every other decoder.
//
// Streaming: byte-level text comes out character by character. For rule decoders a token's text can
// depend on its neighbour (a first space is dropped, bytes wait for their character), so the stream
// decodes a short window twice, without and with the newest ids, and emits the difference.
export interface Decoder {
  /** Text of a run of ids that holds no special tokens. */
  decode(ids: readonly number[]): string
  stream(): DecodeStream
}

export interface DecodeStream {
  /** Text that is certain now; often ''. */
  push(id: number): string
  /** What is left, U+FFFD for an unfinished character. */
  end(): string
}

/** Joins the bytes of tokens. */
export function byteDecoder(tokenBytes: (id: number) => Uint8Array): Decoder {
  return {
    decode(ids) {
      return Buffer.concat(ids.map(tokenBytes)).toString('utf8')
    },
    stream() {
      const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
      return {
        push: (id) => decoder.decode(tokenBytes(id), { stream: true }),
        end: () => decoder.decode(),
      }
    },
  }
}

/** One step over the list of token texts. */
export type DecodeRule = (tokens: readonly string[]) => string[]

/** Applies rules to the token texts and joins the result. */
export function ruleDecoder(
  tokenText: (id: number) => string,
  rules: readonly DecodeRule[],
): Decoder {
  const decode = (ids: readonly number[]): string =>
    rules.reduce<readonly string[]>((tokens, rule) => rule(tokens), ids.map(tokenText)).join('')
  return {
    decode,
    stream() {
      let window: number[] = []
      let emitted = ''
      const flush = (isLast: boolean): string => {
        const text = decode(window)
        if (!isLast && text.endsWith('\ufffd')) return ''
        if (!text.startsWith(emitted)) return ''
        const fresh = text.slice(emitted.length)
        emitted = text
        // The last ids stay as neighbours of the next one; a window never begins inside a character.
        const tail = window.length > 8 ? decode(window.slice(-4)) : ''
        if (tail !== '' && !tail.includes('\ufffd') && text.endsWith(tail)) {
          window = window.slice(-4)
          emitted = tail
        }
        return fresh
      }
      return {
        push(id) {
          window.push(id)
          return flush(false)
        },
        end: () => flush(true),
      }
    },
  }
}

/** <0x41> tokens become bytes; runs that are not UTF-8 become one U+FFFD per byte, as in HF. */
export const byteFallbackRule: DecodeRule = (tokens) => {
  const out: string[] = []
  let bytes: number[] = []
  const flush = (): void => {
    if (bytes.length === 0) return
    const text = Buffer.from(bytes).toString('utf8')
    const valid = Buffer.from(text, 'utf8').equals(Buffer.from(bytes))
    if (valid) out.push(text)
    else for (const _ of bytes) out.push('\ufffd')
    bytes = []
  }
  for (const token of tokens) {
    const byte = /^<0x([0-9A-F]{2})>$/.exec(token)
    if (byte) {
      bytes.push(parseInt(byte[1]!, 16))
    } else {
      flush()
      out.push(token)
    }
  }
  flush()
  return out
}

/** Everything into one text, so that the next rule sees only its two ends. */
export const fuseRule: DecodeRule = (tokens) => [tokens.join('')]

export function replaceRule(pattern: string | RegExp, content: string): DecodeRule {
  return (tokens) => tokens.map((token) => token.replaceAll(pattern, () => content))
}

/** Removes up to `start` and `stop` copies of `content` from the ends of each text. */
export function stripRule(content: string, start: number, stop: number): DecodeRule {
  return (tokens) =>
    tokens.map((token) => {
      let [from, to] = [0, token.length]
      for (let i = 0; i < start && token.startsWith(content, from); i++) from += content.length
      for (let i = 0; i < stop && token.slice(from, to).endsWith(content); i++) to -= content.length
      return token.slice(from, to)
    })
}

/** Space marks become spaces; the one in front of the text goes when it was put there. */
export function metaspaceRule(mark: string, dropsFirst: boolean): DecodeRule {
  return (tokens) =>
    tokens.map((token, i) => {
      const text = token.replaceAll(mark, ' ')
      return i === 0 && dropsFirst && text.startsWith(' ') ? text.slice(1) : text
    })
}

/** Continuations lose their prefix, other tokens get a space in front. */
export function wordPieceRule(prefix: string, cleansUp: boolean): DecodeRule {
  return (tokens) =>
    tokens.map((token, i) => {
      const text =
        i === 0 ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`
      return cleansUp ? cleanUp(text) : text
    })
}

/** English spacing repairs, in HF's order. */
function cleanUp(text: string): string {
  return [
    [' .', '.'],
    [' ?', '?'],
    [' !', '!'],
    [' ,', ','],
    [" ' ", "'"],
    [" n't", "n't"],
    [" 'm", "'m"],
    [' do not', " don't"],
    [" 's", "'s"],
    [" 've", "'ve"],
    [" 're", "'re"],
  ].reduce((made, [from, to]) => made.replaceAll(from!, to!), text)
}
