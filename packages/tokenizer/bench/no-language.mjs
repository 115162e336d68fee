// 500 texts that are no language (code, data, digits, URLs, punctuation, mojibake, next to nothing)
// and how many get `zxx` or `und`; and simplified against traditional on segmented sentences.
//   node packages/tokenizer/bench/no-language.mjs [--data DIR] [--peers NODE_MODULES]
// The cases are made here from 60 pieces of code and data and from seeded digits and symbols.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'

await buildStale()
const { createLanguageIdentifier } = await import('@shardmill/tokenizer/language/identify')
const { seeded } = await import('@shardmill/core/random')
const { values } = parseArgs({ options: { data: { type: 'string' }, peers: { type: 'string' } } })
const random = seeded(3)
const digits = (count) => Array.from({ length: count }, () => random.below(10)).join('')
const pick = (list) => list[random.below(list.length)]
const name = () =>
  pick([
    'total',
    'index',
    'user',
    'count',
    'items',
    'node',
    'path',
    'value',
    'buffer',
    'result',
    'config',
    'request',
  ])

const makers = {
  code: [
    () => `for (let i = 0; i < ${name()}.length; i++) { ${name()} += ${name()}[i] }`,
    () =>
      `def ${name()}(${name()}, ${name()}=None):\n    return [x for x in ${name()} if x > ${digits(2)}]`,
    () => `#include <stdio.h>\nint main(void) { printf("%d\\n", ${digits(3)}); return 0; }`,
    () => `SELECT ${name()}, COUNT(*) FROM ${name()}s WHERE id > ${digits(4)} GROUP BY ${name()};`,
    () => `.${name()} { margin: ${digits(2)}px; color: #${digits(6)}; display: flex; }`,
    () =>
      `public static void ${name()}(String[] args) { System.out.println(${name()}.get${digits(1)}()); }`,
    () => `$ docker run -p ${digits(4)}:80 --name ${name()} -v /var/lib/${name()}:/data nginx`,
    () => `if err != nil { return nil, fmt.Errorf("${name()}: %w", err) }`,
    () =>
      `<div class="${name()}"><a href="/${name()}/${digits(3)}"><img src="/i/${digits(5)}.png"></a></div>`,
    () =>
      `import { ${name()} } from './${name()}.js'\nexport const ${name()} = (a, b) => a.${name()}(b)`,
    () =>
      `fn ${name()}(v: &mut Vec<u8>) -> Option<usize> { v.iter().position(|&b| b == 0x${digits(2)}) }`,
    () => `#!/bin/bash\nset -euo pipefail\nfor f in *.txt; do mv "$f" "\${f%.txt}.md"; done`,
  ],
  data: [
    () => `{"${name()}": ${digits(3)}, "${name()}": [${digits(2)}, ${digits(2)}], "ok": true}`,
    () =>
      `${digits(4)},${digits(2)}.${digits(2)},${digits(3)}\n${digits(4)},${digits(2)}.${digits(2)},${digits(3)}`,
    () =>
      `| ${digits(3)} | ${digits(2)}% | ${digits(4)} |\n| ${digits(3)} | ${digits(2)}% | ${digits(4)} |`,
    () => `${name()}=${digits(3)}&${name()}=${digits(2)}&sort=desc`,
    () =>
      `192.168.${digits(2)}.${digits(2)} - - [${digits(2)}/Mar/2026:10:${digits(2)}:${digits(2)}] "GET /${name()}/${digits(4)} HTTP/1.1" 200 ${digits(4)}`,
    () => `${digits(8)}T${digits(6)}Z ${digits(4)} 0x${digits(8)} ${digits(8)}`,
    () => `<${name()} id="${digits(4)}"><v>${digits(3)}</v></${name()}>`,
    () => `---\n${name()}: ${digits(2)}\n${name()}:\n  - ${digits(3)}\n  - ${digits(4)}\n`,
  ],
  digits: [
    () => digits(1 + random.below(30)),
    () => `${digits(3)}-${digits(4)}-${digits(4)}`,
    () => `${digits(2)}:${digits(2)}:${digits(2)} ${digits(4)}/${digits(2)}/${digits(2)}`,
    () => Array.from({ length: 8 }, () => `${digits(2)}.${digits(3)}`).join(' '),
    () => `$${digits(3)}.${digits(2)} +${digits(2)}% (${digits(5)})`,
    () => `１２３${digits(2)}４５６`,
  ],
  urls: [
    () => `https://www.example.com/${name()}/${digits(4)}?q=${name()}`,
    () => `http://example.org/${name()}-${name()}-${name()}.html`,
    () => `www.${name()}${digits(2)}.net/${name()}`,
    () => `${name()}.${name()}@example.com`,
    () => `https://a.cn/${digits(3)} https://b.cn/${name()}`,
    () => `/usr/local/lib/${name()}/${name()}.so.${digits(1)}`,
    () => `C:\\Users\\${name()}\\${name()}\\${digits(3)}.dat`,
  ],
  punctuation: [
    () =>
      pick([
        '...',
        '???',
        '!!!',
        '——',
        '。。。',
        '、，。',
        '「」',
        '***',
        '====',
        '~~~~',
        '|||',
        '→ ← ↑',
        '★★★☆☆',
        '()[]{}',
        '👍👍👍',
        '🎉 🎂',
        '§ ¶ †',
        '①②③',
        '▲▼',
        '+-*/',
      ]),
    () =>
      Array.from({ length: 3 + random.below(12) }, () =>
        pick(['.', '!', '?', '-', '*', '…', '、', '。', '#', '=', ' ']),
      ).join(''),
  ],
  empty: [
    () =>
      pick([
        '',
        ' ',
        '\n',
        '\t \n',
        '\u3000',
        '\u200b',
        '\ufeff',
        '\ud83d',
        '\udc00\ud800',
        'a',
        'x',
        '\u0000',
      ]),
  ],
  mojibake: [
    () => misread(pick(chinese)),
    () => misread(misread(pick(chinese))),
    () => new TextDecoder('gb18030').decode(Buffer.from(pick(chinese))),
    () => pick(['锟斤拷', '烫烫烫', '屯屯屯']).repeat(1 + random.below(5)),
    () => `${'\ufffd'.repeat(2 + random.below(6))} ${'\ufffd'.repeat(3)}`,
    () =>
      Array.from({ length: 6 + random.below(20) }, () =>
        String.fromCharCode(0xb0 + random.below(0x28), 0xa1 + random.below(0x5e)),
      ).join(''),
    () => String.fromCharCode(...Array.from({ length: 6 }, () => 0xe000 + random.below(0x400))),
  ],
}
const chinese = [
  '清晨的集市很热闹，卖菜的老人把青菜摆得整整齐齐。',
  '今天的天气很好，我们一起去公园散步吧。',
  '数据处理的第一步是把文件读进内存。',
  '老师说这本书值得再读一遍。',
]
function misread(text) {
  return Array.from(Buffer.from(text), (byte) => String.fromCharCode(byte)).join('')
}
const share = {
  code: 130,
  data: 90,
  digits: 60,
  urls: 70,
  punctuation: 50,
  empty: 30,
  mojibake: 70,
}
const cases = Object.entries(share).flatMap(([kind, count]) =>
  Array.from({ length: count }, (_, i) => [kind, makers[kind][i % makers[kind].length]()]),
)

const identifier = createLanguageIdentifier()
const engines = { shardmill: (text) => identifier.identifyDocument(text).lang }
if (values.peers) {
  const load = (path) => import(pathToFileURL(join(resolve(values.peers), path)).href)
  const { getLIDModel } = await load('fasttext.wasm.js/dist/main/node.mjs')
  const model = await (await getLIDModel()).load()
  engines.fasttext = (text) => {
    const found = model.predict(text.replaceAll('\n', ' ').replace(/\p{Cs}/gu, ' '), 1, 0)
    return found.size() > 0 && found.get(0)[0] >= 0.5 ? found.get(0)[1] : 'und'
  }
}
for (const [engine, identify] of Object.entries(engines)) {
  const missed = cases.filter(([, text]) => !['zxx', 'und'].includes(identify(text)))
  const perKind = Object.keys(share).map(
    (kind) => `${kind} ${missed.filter(([k]) => k === kind).length}`,
  )
  console.log(
    `${engine}: ${cases.length - missed.length} of ${cases.length} are no language; missed: ${perKind.join(', ')}`,
  )
  if (engine === 'shardmill')
    for (const [kind, text] of missed)
      console.log(`  ${kind} ${identify(text)} ${JSON.stringify(text).slice(0, 110)}`)
}

if (values.data) {
  const { readGold } = await import('@shardmill/tokenizer/segment/gold')
  for (const [file, want] of [
    ['zh_gsdsimp-dev.conllu', 'zh-Hans'],
    ['zh_gsd-dev.conllu', 'zh-Hant'],
    ['sxu/train.txt', 'zh-Hans'],
  ]) {
    const sentences = readGold(readFileSync(join(values.data, 'segmentation', file), 'utf8')).slice(
      0,
      2000,
    )
    const answers = {}
    for (const words of sentences) {
      const { lang } = identifier.identify(words.join(''))
      answers[lang] = (answers[lang] ?? 0) + 1
    }
    console.log(
      `${file}: ${((100 * (answers[want] ?? 0)) / sentences.length).toFixed(1)} % ${want}`,
      answers,
    )
  }
}
