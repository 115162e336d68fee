// Brings Chinese into one script: simplified, traditional, or a regional standard, by OpenCC's
// phrase tables; and folds full-width Latin letters and digits. Other languages are left alone: a
// Japanese page has 学 and 國 in their own right. `lang` follows the text (zh-Hant becomes zh-Hans).
// Cost: about 38 MB/s.
import { z } from 'zod'
import { defineMap } from '@shardmill/core/stage'
import { conversions, convertVariant, foldWidth } from '@shardmill/tokenizer/language/convert'

export const convertChinese = defineMap({
  name: 'convert-chinese',
  summary: 'Simplified or traditional Chinese into the other; full-width letters into ASCII.',
  options: z.strictObject({
    conversion: z
      .enum([...conversions, 'none'])
      .default('t2s')
      .describe(
        'Which way, by the name of the OpenCC configuration (s simplified, t traditional, tw Taiwan, hk Hong Kong); `none` folds widths only.',
      ),
    foldWidth: z
      .boolean()
      .default(true)
      .describe(
        'Full-width Latin letters and digits become ASCII; Chinese punctuation never does.',
      ),
    langs: z
      .array(z.string())
      .default(['zh'])
      .describe(
        'Languages to convert, by their first subtag. Documents without a language are converted, too.',
      ),
  }),
  map({ conversion, foldWidth: foldsWidth, langs }, context) {
    const script = conversion.endsWith('2s') ? 'Hans' : 'Hant'
    return (doc) => {
      if (doc.lang !== '' && !langs.includes(doc.lang.split('-')[0]!)) return
      const before = doc.text
      let text = foldsWidth ? foldWidth(before) : before
      if (conversion !== 'none') {
        text = convertVariant(text, conversion)
        if (doc.lang === 'zh' || doc.lang.startsWith('zh-')) doc.lang = `zh-${script}`
      }
      if (text !== before) context.count('changed')
      doc.text = text
    }
  },
})
