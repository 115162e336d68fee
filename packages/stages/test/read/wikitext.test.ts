import { wikitextToText } from '@shardmill/stages/read/wikitext'
import { expect, test } from 'vitest'

const variants = ['zh-hans', 'zh-cn', 'zh', 'zh-hant', 'zh-tw']
const plain = (source: string) => wikitextToText(source, { variants })

test.each([
  ["'''北京市'''，简称“'''京'''”", '北京市，简称“京”'],
  ['[[北京|首都]]和[[上海]]', '首都和上海'],
  ['[[File:A.jpg|thumb|[[北京]]的图]]文字', '文字'],
  ['文字[[Category:城市]][[en:Beijing]][[分类:城市|A]]', '文字'],
  ['见[[:Category:城市|城市分类]]', '见城市分类'],
  ['A{{cite|x={{nested|[[y]]}}}}B', 'AB'],
  ['{{lang|en|Hello}}（{{lang-ja|こんにちは}}）', 'Hello（こんにちは）'],
  ['高{{convert|5|km|mi}}。', '高5 km。'],
  ['{{link-en|张三|Zhang San}}', '张三'],
  ['用-{zh-hans:鼠标;zh-hant:滑鼠}-点', '用鼠标点'],
  ['用-{zh-tw:滑鼠;zh-hk:滑鼠}-点', '用滑鼠点'],
  ['-{H|zh-hans:a;zh-hant:b}-文-{于}-', '文于'],
  ['-{A|zh-cn:软件;zh-tw:軟體}-', '软件'],
  ['前<ref name="a">注{{x}}</ref>后<ref name="a" />尾', '前后尾'],
  ['a<!-- [[b]] {{ -->c', 'ac'],
  ['x<br/>y', 'x\ny'],
  ['式<math>\\frac{a}{b}</math>也', '式$\\frac{a}{b}$也'],
  ['<nowiki>[[not a link]]</nowiki>', '[[not a link]]'],
  ['[http://a.example 站点]和[http://b.example]', '站点和'],
  ['前\n{| class="x"\n|-\n| a || b\n{|\n| c\n|}\n|}\n后', '前\n\n后'],
  ['* 一\n# 二\n: 三', '- 一\n- 二\n三'],
  ['__NOTOC__文&nbsp;字 &amp;amp;', '文 字 &amp;'],
  ['一。\n\n二。', '一。\n\n二。'],
  ['== 历史 ==\n文\n== 空 ==\n== 参考文献 ==\n* 书\n=== 下 ===\n书', '历史\n\n文'],
  ['（{{lang|x}}，）名', '名'],
  ['Name ({{IPA|x}}; born 1941) is', 'Name (born 1941) is'],
  ['名（音[{{IPA|x}}]，甲；）', '名（音，甲）'],
  ['', ''],
])('%j', (source, expected) => expect(plain(source)).toBe(expected))

test.each([
  ['unclosed template', '{{a|b 文字', 'a|b 文字'],
  ['unclosed link', '[[a 文字', 'a 文字'],
  ['stray ends', 'a]]b}}c|}d}-e', 'a]]b}}c|}d}-e'],
  ['unclosed ref', 'a<ref>b', 'ab'],
  ['unclosed comment', 'a<!-- b', 'a'],
  ['less than', '1 < 2 <b', '1 < 2 <b'],
])('broken: %s', (_name, source, expected) => expect(plain(source)).toBe(expected))

test('cost is linear in hostile input', () => {
  const hostile = [
    '{{',
    '[[',
    '-{',
    '<ref>',
    '<!--',
    '[http://a ',
    '{|\n',
    "''",
    '|',
    '}}',
    '<ref ',
  ]
  for (const piece of hostile) {
    const time = (count: number) => {
      const start = process.cpuUsage()
      plain(piece.repeat(count))
      const { user, system } = process.cpuUsage(start)
      return user + system
    }
    time(1000)
    // A hundred times the input: a quadratic cost would be ten thousand times as much.
    expect(time(200_000)).toBeLessThan(1500 * Math.max(time(2000), 1000))
  }
})
