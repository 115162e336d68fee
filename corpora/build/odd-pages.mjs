// Pages that are not articles, as crawls have them: spam, personal data, soft errors, empty shells,
// listings, wrong media types. All text is written for this sample; hosts end in `.example`, names
// and numbers are invented or are the published test numbers of their kind.
import { renderPlain } from './site-layouts.mjs'

/** Every odd page: a page as build-sample.mjs wants it. */
export function oddPages() {
  return [...spam(), ...blocked(), ...personal(), ...thin(), ...unicode(), ...media()]
}

function html(url, body, fields) {
  return {
    url,
    body: Buffer.from(body),
    contentType: 'text/html; charset=utf-8',
    charset: 'utf-8',
    ...fields,
  }
}

function page(title, lang, body) {
  return `<!DOCTYPE html>\n<html lang="${lang}"><head><meta charset="utf-8"><title>${title}</title></head>\n<body>\n${body}\n</body></html>\n`
}

function spam() {
  const drop = { kind: 'spam', expect: 'drop', reason: 'spam' }
  const games = [
    '澳门新葡',
    '老虎机',
    '百家乐',
    '时时彩',
    '真人荷官',
    '体育投注',
    '彩票平台',
    '棋牌下载',
  ]
  const cities = [
    '北京',
    '上海',
    '广州',
    '深圳',
    '成都',
    '杭州',
    '武汉',
    '西安',
    '南京',
    '重庆',
    '天津',
    '苏州',
  ]
  return [
    html(
      'http://www.bocai-daquan.example/index.html',
      page(
        '注册送彩金 官网直营',
        'zh',
        `<h1>注册即送 官网直营</h1>${cities.map((city) => games.map((game) => `<p>${city}${game}官网 ${city}${game}注册 ${game}充值返利 首存送88 秒到账★★★</p>`).join('\n')).join('\n')}`,
      ),
      { ...drop, lang: 'zh' },
    ),
    html(
      'http://fapiao-dai.example/fapiao.htm',
      page(
        '代开各类票据 点数优惠',
        'zh',
        `<div>${'◆◆◆专业办理 点数优惠 先开后付 长期有效 加微信咨询◆◆◆<br>'.repeat(40)}</div>`,
      ),
      { ...drop, lang: 'zh' },
    ),
    html(
      'http://seo-zhanqun.example/news/88123.html',
      page(
        '减肥产品排行榜10强',
        'zh',
        `<p>${'减肥产品排行榜 减肥产品哪个牌子好 减肥产品价格 减肥产品怎么用 减肥产品多少钱 '.repeat(30)}</p>`,
      ),
      { ...drop, lang: 'zh' },
    ),
    html(
      'http://daxie-lunwen.example/',
      page(
        '专业服务 快速交稿',
        'zh',
        `<ul>${cities.map((city) => `<li>【${city}】代写服务★原创★包过★24小时在线★QQ咨询★</li>`.repeat(6)).join('\n')}</ul>`,
      ),
      { ...drop, lang: 'zh' },
    ),
    html(
      'http://cheap-pills-now.example/buy',
      page(
        'Cheap pills no prescription',
        'en',
        `<p>${'buy cheap pills online no prescription best price fast delivery order now discount pills '.repeat(60)}</p>`,
      ),
      { ...drop, lang: 'en' },
    ),
    html(
      'http://lucky-slots.example/bonus',
      page(
        'FREE SPINS !!!',
        'en',
        `<h1>$$$ WIN BIG $$$</h1>${'<p>>>> CLICK HERE <<< #1 BONUS #casino #slots #jackpot #freespins #win #money ***** !!!!!</p>\n'.repeat(45)}`,
      ),
      { ...drop, lang: 'en' },
    ),
    html(
      'http://replica-watches.example/shop?p=1',
      page(
        'Replica watches 90% off',
        'en',
        `<ul>${Array.from({ length: 80 }, (_, i) => `<li>Luxury replica watch model ${1000 + i} - $${99 + i}.00 - Add to cart</li>`).join('\n')}</ul>`,
      ),
      { ...drop, lang: 'en' },
    ),
    html(
      'http://linkfarm.example/links-7.html',
      page(
        'Useful links',
        'en',
        Array.from(
          { length: 150 },
          (_, i) => `<a href="http://site${i}.example/">best loans ${i}</a>`,
        ).join('\n'),
      ),
      { ...drop, lang: 'en' },
    ),
    html(
      'http://generated-text.example/a.html',
      page(
        'Home improvement tips tips tips',
        'en',
        `<p>${'When it comes to home improvement, home improvement is the best home improvement for your home improvement needs. '.repeat(40)}</p>`,
      ),
      { ...drop, lang: 'en' },
    ),
  ]
}

/** Good text on hosts and paths that corpora/sample/blocked.txt lists: only the URL gives them away. */
function blocked() {
  const drop = { kind: 'blocked', expect: 'drop', reason: 'blocked' }
  const en =
    'Our members meet every Saturday to talk about the games of the week, the players they admire and the matches they remember. This page collects the notes that people have sent in over the years. Some of them are long and some of them are short, but all of them were written by someone who cared about the result. '
  const zh =
    '会员们每个星期六晚上聚在一起，聊这一周的比赛，聊喜欢的选手，也聊那些忘不掉的场面。这个页面收集了大家这些年寄来的文字，有长有短，但每一篇都是认真写下来的。欢迎你也来说说自己的故事。'
  return [
    html(
      'http://www.adult-club.example/stories/42',
      page('Stories', 'en', `<p>${en.repeat(3)}</p>`),
      { ...drop, lang: 'en' },
    ),
    html(
      'http://m.cn.dubo-wang.example/wen/7.html',
      page('会员来信', 'zh', `<p>${zh.repeat(4)}</p>`),
      { ...drop, lang: 'zh' },
    ),
    html(
      'https://files.harbourpost.example/warez/list.html',
      page('List', 'en', `<p>${en.repeat(3)}</p>`),
      { ...drop, lang: 'en' },
    ),
    html('http://mirror.example/Porn/essay.html', page('Essay', 'en', `<p>${en.repeat(3)}</p>`), {
      ...drop,
      lang: 'en',
    }),
  ]
}

function personal() {
  const zh = `<h1>业主委员会换届公告</h1>
<p>各位业主：本届业主委员会任期将于下月届满，经街道办事处同意，现将换届工作的有关安排公告如下，请大家相互转告，积极参与。</p>
<p>候选人报名截止到本月二十五日，报名表可以到物业前台领取，也可以发邮件到yezhu@huayuan.example索取。联系人王先生，手机13800138000，座机010-62345678，微信号：huayuan_wyh，QQ：1234567890。</p>
<p>报名时需要出示身份证原件，填写示例：张三，身份证号11010519491231002X，银行卡号6222021234567890128（用于发放误工补贴）。以上信息仅为填表示例，请以本人证件为准。</p>
<p>投票采用书面和网上两种方式，网上投票系统的临时地址是8.8.8.8，正式地址将另行通知。软件版本请升级到1.2.3.4以上，否则页面可能无法显示。投票结束后，选票由社区居委会、物业和业主代表三方共同清点，结果在公告栏公示七天。</p>
<p>对换届工作有意见和建议的业主，可以在工作日上午九点到下午五点到一号楼一层办公室反映，我们会逐条登记，并在三个工作日之内答复。感谢大家对小区事务的关心和支持。</p>`
  const forum = `<h1>转让闲置相机一台</h1>
<p>去年三月买的，用了不到二十次，快门数一千二百左右，机身和镜头都没有划痕，原包装、发票、充电器都在。因为换了手机拍照，放在家里一直吃灰，不如转给真正喜欢的人。</p>
<p>同城可以当面验货，外地走平台担保，邮费我出。价格可以小刀，诚心要的打电话15912345678，或者加我的QQ 987654321，邮箱camera.seller@mail.example也可以。晚上八点以后比较有空，白天上班可能回复得慢一些，请见谅。</p>
<p>补充说明：电池是原装的，满电能拍三百多张；附送一个旧的相机包，虽然有点磨损，但是隔层还很好用。如果收到之后觉得和描述不符，三天之内可以退，来回邮费一人一半。</p>`
  const en = `<h1>Lost and found at the summer fair</h1>
<p>Thank you to everybody who came to the summer fair last weekend. The weather was kind to us and the cake stall sold out before noon. As always, a good many things were left behind, and they are now in a box behind the counter at the community centre.</p>
<p>If you think that something in the list below is yours, please write to lost.property@villagefair.example or telephone +1 (202) 555-0143 between nine and five. You can also reach Margaret at margaret.h@villagefair.example, who has the key to the box. Please describe the item before you come, so that we can be sure that it goes to the right person.</p>
<p>So far we have a blue umbrella, two pairs of reading glasses, a child's left shoe, a bank card ending in the test number 4111 1111 1111 1111, and a small radio that somebody had left switched on. The camera at the gate, which is at 1.1.1.1 on the internet for anyone who would like to see the field, did not show who had brought it.</p>
<p>Everything that has not been collected by the end of the month will be given to the charity shop, and the shoe will be kept on the wall as a reminder to the rest of us.</p>`
  return [
    html(
      'http://www.huayuan-yezhu.example/notice/20240311.html',
      page('业主委员会换届公告', 'zh', zh),
      {
        kind: 'personal-data',
        lang: 'zh',
        expect: 'keep',
        personal: [
          'yezhu@huayuan.example',
          '13800138000',
          '010-62345678',
          'huayuan_wyh',
          '1234567890',
          '11010519491231002X',
          '6222021234567890128',
          '8.8.8.8',
        ],
      },
    ),
    html(
      'http://bbs.xingkong.example/thread-9981-1-1.html',
      page('转让闲置相机一台', 'zh', forum),
      {
        kind: 'personal-data',
        lang: 'zh',
        expect: 'keep',
        personal: ['15912345678', '987654321', 'camera.seller@mail.example'],
      },
    ),
    html('https://villagefair.example/lost-and-found', page('Lost and found', 'en', en), {
      kind: 'personal-data',
      lang: 'en',
      expect: 'keep',
      personal: [
        'lost.property@villagefair.example',
        '+1 (202) 555-0143',
        'margaret.h@villagefair.example',
        '4111 1111 1111 1111',
        '1.1.1.1',
      ],
    }),
  ]
}

function thin() {
  const soft = { kind: 'soft-404', expect: 'drop', reason: 'soft-404' }
  const empty = { kind: 'empty', expect: 'drop', reason: 'empty' }
  const boilerplate = { kind: 'boilerplate', expect: 'drop', reason: 'too-little-text' }
  const listing = { kind: 'listing', expect: 'drop', reason: 'listing' }
  return [
    html(
      'http://www.jianghe-daily.example/2019/0101/removed.html',
      renderPlain(
        'daily',
        '页面不存在',
        '<h2>抱歉，您访问的页面不存在或已被删除</h2><p>5秒后自动跳转到<a href="/">首页</a></p>',
      ),
      { ...soft, lang: 'zh' },
    ),
    html(
      'http://bbs.xingkong.example/thread-1-1-1.html',
      renderPlain(
        'forum',
        '提示信息',
        '<p>抱歉，指定的主题不存在或已被删除或正在被审核</p><p>[ <a href="javascript:history.back()">点击这里返回上一页</a> ]</p>',
      ),
      { ...soft, lang: 'zh' },
    ),
    html(
      'https://www.harbourpost.example/2011/old-story',
      renderPlain(
        'en-daily',
        'Page not found',
        "<h1>Sorry, we can't find that page</h1><p>It may have been moved or deleted. Try our search, or go back to the home page.</p>",
      ),
      { ...soft, lang: 'en' },
    ),
    html(
      'https://engineering.northgate.example/blog/draft',
      renderPlain(
        'en-tech',
        '404',
        '<h1>404</h1><p>Nothing here. Did you mean one of our other posts?</p>',
      ),
      { ...soft, lang: 'en' },
    ),
    {
      ...html(
        'https://slowpath.example/missing/',
        renderPlain(
          'en-blog',
          'Not Found',
          '<h1>Not Found</h1><p>The requested URL was not found on this server.</p>',
        ),
        { kind: 'error', lang: 'en', expect: 'drop', reason: 'http-status' },
      ),
      status: '404 Not Found',
    },
    {
      ...html(
        'http://www.jianghe-daily.example/live',
        '<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>',
        { kind: 'error', lang: 'en', expect: 'drop', reason: 'http-status' },
      ),
      status: '502 Bad Gateway',
    },
    {
      ...html('http://harbourpost.example/', '', {
        kind: 'redirect',
        lang: '',
        expect: 'drop',
        reason: 'http-status',
      }),
      status: '301 Moved Permanently',
      extra: [['Location', 'https://www.harbourpost.example/']],
    },
    html('http://www.yifanshi.example/blank', '', { ...empty, lang: '' }),
    html('http://www.yifanshi.example/blank2', '   \r\n\t  \r\n', { ...empty, lang: '' }),
    html(
      'http://www.yifanshi.example/frame',
      '<html><head><title>一饭食</title></head><frameset rows="80,*"><frame src="top.html"><frame src="main.html"></frameset></html>',
      { ...empty, lang: 'zh' },
    ),
    html(
      'https://app.ertong.example/',
      '<!doctype html><html><head><title>Loading…</title><script src="/app.3f2a.js" defer></script></head><body><div id="root"></div><noscript>You need to enable JavaScript to run this app.</noscript></body></html>',
      { ...boilerplate, lang: 'en' },
    ),
    html(
      'https://jiankang.wenyi.example/login?next=%2Fme',
      renderPlain(
        'health',
        '用户登录',
        '<form><label>手机号 <input></label><label>验证码 <input></label><button>登录</button><a href="/forgot">忘记密码？</a><p>登录即代表同意用户协议和隐私政策</p></form>',
      ),
      { ...boilerplate, lang: 'zh' },
    ),
    html(
      'https://plainmoney.example/cookies',
      renderPlain(
        'en-finance',
        'Before you continue',
        '<p>We use cookies.</p><button>Accept all</button><button>Reject all</button><button>Manage options</button>',
      ),
      { ...boilerplate, lang: 'en' },
    ),
    html(
      'https://www.harbourpost.example/search?q=ferry',
      renderPlain(
        'en-daily',
        'Search results',
        `<h1>Results for "ferry"</h1><ol>${Array.from({ length: 20 }, (_, i) => `<li><a href="/s/${i}">Ferry story ${i + 1}</a> <span>${i + 1} Oct 2023</span></li>`).join('')}</ol><a href="?p=2">Next page</a>`,
      ),
      { ...listing, lang: 'en' },
    ),
    html(
      'http://www.jianghe-daily.example/c/3/list_2.html',
      renderPlain(
        'daily',
        '民生新闻列表',
        `<ul>${Array.from({ length: 30 }, (_, i) => `<li><a href="/n/${i}.html">本市第${i + 1}批便民服务点名单公布</a><span>03-${String(i + 1).padStart(2, '0')}</span></li>`).join('')}</ul><div>上一页 1 2 3 4 5 下一页 尾页</div>`,
      ),
      { ...listing, lang: 'zh' },
    ),
    html(
      'https://blog.qingshan.example/tags/',
      renderPlain(
        'blog',
        '标签',
        Array.from(
          { length: 60 },
          (_, i) => `<a href="/tags/${i}/">标签${i}</a> (${(i * 13) % 29})`,
        ).join(' '),
      ),
      { ...listing, lang: 'zh' },
    ),
    html(
      'https://plainmoney.example/calendar/2023/02',
      renderPlain(
        'en-finance',
        'February 2023',
        `<table>${Array.from({ length: 4 }, (_, week) => `<tr>${[1, 2, 3, 4, 5, 6, 7].map((day) => `<td>${week * 7 + day}</td>`).join('')}</tr>`).join('')}</table>`,
      ),
      { ...listing, lang: 'en' },
    ),
    html(
      'http://www.xieyi.example/lorem.html',
      page(
        'Template',
        'la',
        `<p>${'Lorem ipsum dolor sit amet, consectetur adipiscing elit. '.repeat(20)}</p>`,
      ),
      { ...boilerplate, reason: 'placeholder', lang: 'la' },
    ),
  ]
}

function unicode() {
  const zh = `<p>今天试了试新的输入法😀，它居然支持生僻字：𠮷野家的“𠮷”、㐂、龘。全角字母ＡＢＣ和全角数字１２３也能直接打出来，不过有时候会把一个表情拆成两半：&#xD83D;，看起来像个方块。</p>
<p>输入法的词库可以自己导入，我导入了一份菜名的词库，从此打“鱼香肉丝”只要四个键。家里老人用手写，识别率也不错，连草书都能认出七八成。只是手写板的笔有点重，写久了手腕会酸，建议买轻一点的。</p>
<p>还有一个小毛病：中英文混排的时候，标点符号有时是半角，有时是全角，需要在设置里选“跟随语言”。选好以后就没有再出过问题了。家人的表情是👨‍👩‍👧‍👦，国旗是🇨🇳，都显示正常。零宽空格\u200b和不换行空格\u00a0也不会丢。</p>`
  const en = `<p>I have been testing text fields with awkward input for a week: emoji such as 👩🏽‍🚀 and 🏳️‍🌈, combining marks as in Z\u0361a\u0301lgo, ligatures like ﬁ and ﬂ, and the right-to-left word שלום in the middle of a sentence.</p>
<p>Most of the fields that I tried did well. Two of them counted the family emoji as seven characters and cut it in the middle, which left a lone half &#xDC00; at the end of the name. One of them turned the full-width letters ＨＥＬＬＯ into question marks, and one refused to save the form at all and did not say why.</p>
<p>The lesson is that you should count what people see and store what they typed. If you have to cut a string, cut it between grapheme clusters, and if you are not sure whether your library does that, try it with a flag\u2028and a line separator.</p>`
  return [
    html(
      'https://blog.qingshan.example/2024/05/shu-ru-fa/',
      page('试用新输入法', 'zh', `<article><h1>试用新输入法</h1>${zh}</article>`),
      { kind: 'odd-unicode', lang: 'zh', expect: 'keep' },
    ),
    html(
      'https://slowpath.example/awkward-text/',
      page('Awkward text', 'en', `<article><h1>Awkward text</h1>${en}</article>`),
      { kind: 'odd-unicode', lang: 'en', expect: 'keep' },
    ),
  ]
}

function media() {
  const drop = { kind: 'asset', lang: '', charset: '', expect: 'drop', reason: 'not-html' }
  const asset = (url, contentType, body) => ({ url, contentType, body: Buffer.from(body), ...drop })
  const pixel =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII='
  return [
    asset(
      'http://www.jianghe-daily.example/static/ad17.png',
      'image/png',
      Buffer.from(pixel, 'base64'),
    ),
    asset(
      'https://dev.ertong.example/api/v1/posts.json',
      'application/json',
      '{"posts":[{"id":1,"title":"hello"}],"next":null}',
    ),
    asset(
      'http://www.jianghe-daily.example/static/css/main.css',
      'text/css',
      'body{margin:0;font:14px/1.6 sans-serif}.nav a{color:#036}',
    ),
    asset(
      'http://www.jianghe-daily.example/robots.txt',
      'text/plain',
      'User-agent: *\nDisallow: /search\n',
    ),
    asset(
      'https://slowpath.example/feed.xml',
      'application/rss+xml',
      '<?xml version="1.0"?><rss version="2.0"><channel><title>Slow Path</title></channel></rss>',
    ),
    asset(
      'https://files.northgate.example/talk.pdf',
      'application/pdf',
      '%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n',
    ),
  ]
}
