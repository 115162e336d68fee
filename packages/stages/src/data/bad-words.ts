// A small list written for this project: words of pornography and hard insult that hardly occur in
// edited prose, so that their share tells such pages apart. Not a moral statement, and no replacement
// for a list of your own.
export const badWords: Readonly<Record<string, readonly string[]>> = {
  en: [
    'porn', 'porno', 'pornhub', 'xxx', 'milf', 'blowjob', 'blow job', 'cumshot', 'gangbang', 'hentai',
    'camgirl', 'creampie', 'deepthroat', 'handjob', 'fuck', 'fucking', 'motherfucker', 'cunt', 'asshole',
    'slut', 'whore', 'bukkake', 'upskirt', 'pussy', 'tits', 'horny', 'orgy', 'nudes',
  ],
  zh: [
    '色情', '黄色小说', '黃色小說', '成人电影', '成人電影', '成人视频', '无码', '無碼', '有码', '淫荡', '淫蕩',
    '骚逼', '操逼', '鸡巴', '屌丝', '口交', '肛交', '裸聊', '约炮', '一夜情', '援交', '乱伦', '亂倫', '強姦',
    '三级片', '三級片', '春药', '操你妈', '傻逼', '他妈的', '婊子',
  ],
  ja: ['エロ動画', '無修正', '中出し', '素人ナンパ', '痴漢', 'セックス動画', 'アダルト動画'],
}
