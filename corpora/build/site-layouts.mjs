// What surrounds an article on the web: navigation, side bars, comments, footers. Four layouts of
// different ages (2008 tables, 2014 divs, 2018 semantic blog, forum) stand for the markup a crawl
// meets; every site of the sample is one layout with its own words. Hosts end in `.example`
// (RFC 2606), so none exists.
import { blocksToHtml, escapeHtml } from './articles.mjs'
import { comments, sites } from './site-words.mjs'

/** The page of `article` on `site` (a key of `sites`): { url, html }. `others` feed its link lists. */
export function renderArticle(article, siteKey, others, random, charset = 'utf-8') {
  const site = sites[siteKey]
  const page = {
    site,
    article,
    charset,
    related: pick(
      others.filter((other) => other !== article),
      6,
      random,
    ),
    comments: pick(
      comments[site.lang] ?? comments.en,
      site.layout === 'forum' ? 6 : random.below(5),
      random,
    ),
    body: blocksToHtml(article.blocks),
  }
  return { url: articleUrl(site, article), html: layouts[site.layout](page) }
}

/** A page of `site` with other content than an article: listings, errors, log-ins. */
export function renderPlain(siteKey, title, body, charset = 'utf-8') {
  const site = sites[siteKey]
  return `<!DOCTYPE html>
<html lang="${site.lang}"><head><meta charset="${charset}"><title>${escapeHtml(title)} - ${site.name}</title></head>
<body><div class="top">${links(site.nav)}</div><div class="wrap">${body}</div>
<div class="footer">${site.footer}</div></body></html>
`
}

function articleUrl(site, { slug, date }) {
  const [year, month, day] = date.split('-')
  return `${site.origin}${site.path.replace('{y}', year).replace('{m}', month).replace('{d}', day).replace('{slug}', slug)}`
}

const layouts = {
  // A portal of about 2014: nested divs, inline scripts, share buttons, comments after the text.
  news: ({ site, article, charset, related, comments: replies, body }) => `<!DOCTYPE html>
<html lang="${site.lang}">
<head>
<meta charset="${charset}">
<title>${escapeHtml(article.title)}_${site.name}</title>
<meta name="keywords" content="${article.tags.join(',')}">
<link rel="stylesheet" href="/static/css/main.css">
<script>var pageId = "${article.slug}"; window._track = window._track || []; _track.push(["view", pageId]);</script>
<style>.ad{float:right} .share a{display:inline-block}</style>
</head>
<body>
<div id="header"><div class="logo"><a href="/">${site.name}</a></div>
<div class="nav">${links(site.nav)}</div>
<form action="/search"><input name="q" placeholder="${site.words.search}"><button>${site.words.search}</button></form></div>
<div class="crumb"><a href="/">${site.words.home}</a> &gt; <a href="/c/${article.tags.length}">${article.tags[0]}</a> &gt; ${site.words.body}</div>
<div class="main clearfix">
<div class="left">
<h1 class="title">${escapeHtml(article.title)}</h1>
<div class="info"><span>${article.date} 08:${article.date.slice(8)}</span> <span>${site.words.by}${article.author}</span> <a href="#comments">${site.words.comments}(${replies.length})</a></div>
<div class="article-content" id="content">
${body}
</div>
<div class="share">${site.words.share} <a href="#">A</a> <a href="#">B</a> <a href="#">C</a></div>
<div class="tags">${links(article.tags)}</div>
<div class="declare">${site.words.rights}</div>
${replyList(site, replies)}
</div>
<div class="right">
<div class="ad"><a href="/ad/17"><img src="/static/ad17.png" alt="${site.words.ad}"></a></div>
<div class="hot"><h3>${site.words.related}</h3><ul>${items(related)}</ul></div>
</div>
</div>
<div id="footer"><p>${links(site.bottom)}</p><p>${site.footer}</p></div>
</body>
</html>
`,
  // A static-site blog of about 2018: semantic elements, previous and next, table of contents.
  blog: ({ site, article, charset, related, comments: replies, body }) => `<!doctype html>
<html lang="${site.lang}">
<head><meta charset="${charset}"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(article.title)} | ${site.name}</title>
<meta name="description" content="${site.about}">
<meta property="og:type" content="article"><meta property="og:title" content="${escapeHtml(article.title)}">
</head>
<body>
<header class="site-header"><a class="brand" href="/">${site.name}</a><nav><ul>${site.nav.map((item) => `<li><a href="/${site.nav.indexOf(item)}/">${item}</a></li>`).join('')}</ul></nav></header>
<main>
<article class="post" itemscope itemtype="http://schema.org/BlogPosting">
<header><h1 itemprop="headline">${escapeHtml(article.title)}</h1>
<p class="meta"><time datetime="${article.date}">${article.date}</time> · ${article.author} · ${article.tags.map((tag) => `<a rel="tag" href="/tags/${encodeURIComponent(tag)}/">#${tag}</a>`).join(' ')}</p></header>
<div class="post-body" itemprop="articleBody">
${body}
</div>
<footer><nav class="pager">${pagerLinks(related)}</nav></footer>
</article>
<section id="comments"><h2>${site.words.comments}</h2>
${replies.map(({ who, text }) => `<div class="comment"><strong>${who}</strong><p>${text}</p></div>`).join('\n')}
</section>
</main>
<aside><h2>${site.words.related}</h2><ul>${items(related.slice(2))}</ul></aside>
<footer class="site-footer"><p>${site.footer}</p></footer>
<script src="/assets/main.js" async></script>
</body>
</html>
`,
  // A page of about 2008: layout tables, font tags, upper-case markup, unclosed elements.
  tables: ({ site, article, charset, related, body }) => `<HTML>
<HEAD>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=${charset}">
<TITLE>${escapeHtml(article.title)} - ${site.name}</TITLE>
<SCRIPT LANGUAGE="JavaScript" SRC="/js/counter.js"></SCRIPT>
</HEAD>
<BODY BGCOLOR="#FFFFFF" LEFTMARGIN=0 TOPMARGIN=0>
<TABLE WIDTH=760 BORDER=0 ALIGN=center CELLSPACING=0><TR><TD HEIGHT=60><FONT SIZE=5><B>${site.name}</B></FONT></TD>
<TD ALIGN=right>${links(site.nav)}</TD></TR></TABLE>
<TABLE WIDTH=760 BORDER=0 ALIGN=center><TR>
<TD WIDTH=170 VALIGN=top BGCOLOR="#EEEEEE"><B>${site.words.related}</B><BR>
${related.map((other) => `<A HREF="${other.slug}.htm">${escapeHtml(other.title)}</A><BR>`).join('\n')}
</TD>
<TD WIDTH=590 VALIGN=top>
<CENTER><FONT SIZE=4 COLOR="#003366"><B>${escapeHtml(article.title)}</B></FONT><BR>
<FONT SIZE=2>${site.words.by}${article.author} &nbsp; ${article.date}</FONT></CENTER><HR>
<FONT SIZE=3>
${body.replaceAll('</p>', '')}
</FONT><HR>
[<A HREF="javascript:window.print()">${site.words.print}</A>] [<A HREF="javascript:history.back()">${site.words.back}</A>]
</TD></TR></TABLE>
<CENTER><FONT SIZE=2>${links(site.bottom)}<BR>${site.footer}</FONT></CENTER>
</BODY>
</HTML>
`,
  // A forum thread: the first post is the article, the replies belong to the content too.
  forum: ({ site, article, charset, related, comments: replies, body }) => `<!DOCTYPE html>
<html lang="${site.lang}"><head><meta charset="${charset}"><title>${escapeHtml(article.title)} - ${site.name}</title></head>
<body>
<div class="head"><a href="/">${site.name}</a> ${links(site.nav)} <a href="/login">${site.words.login}</a></div>
<h1>${escapeHtml(article.title)}</h1>
<div class="thread">
<div class="post" id="p1"><div class="poster"><b>${article.author}</b><br>${site.words.posts}: 214</div>
<div class="message">
${body}
</div><div class="tools"><a href="#">${site.words.reply}</a> <a href="#">${site.words.quote}</a> <a href="#">${site.words.report}</a></div></div>
${replies.map(({ who, text }, i) => `<div class="post" id="p${i + 2}"><div class="poster"><b>${who}</b><br>${site.words.posts}: ${17 * (i + 3)}</div>\n<div class="message"><p>${text}</p></div><div class="tools"><a href="#">${site.words.reply}</a> <a href="#">${site.words.quote}</a> <a href="#">${site.words.report}</a></div></div>`).join('\n')}
</div>
<div class="similar"><b>${site.words.related}</b><ul>${items(related)}</ul></div>
<div class="foot">${links(site.bottom)} ${site.footer}</div>
</body></html>
`,
}

function replyList(site, replies) {
  if (replies.length === 0) return ''
  const rows = replies.map(
    ({ who, text }, i) =>
      `<li><div class="user">${who}</div><div class="text">${text}</div><div class="op"><a href="#">${site.words.like}(${(i * 7) % 23})</a> <a href="#">${site.words.reply}</a></div></li>`,
  )
  return `<div id="comments" class="comment-list"><h3>${site.words.comments}</h3><ul>\n${rows.join('\n')}\n</ul></div>`
}

function pagerLinks([before, after]) {
  const previous =
    before && `<a rel="prev" href="../${before.slug}/">« ${escapeHtml(before.title)}</a>`
  const next = after && `<a rel="next" href="../${after.slug}/">${escapeHtml(after.title)} »</a>`
  return [previous, next].filter((link) => link !== undefined).join(' ')
}

function links(words) {
  return words.map((word, i) => `<a href="/${i + 1}/">${word}</a>`).join(' | ')
}

function items(articles) {
  return articles
    .map((other) => `<li><a href="/a/${other.slug}.html">${escapeHtml(other.title)}</a></li>`)
    .join('')
}

/** `count` different elements of `list`, in drawing order. */
export function pick(list, count, random) {
  const pool = [...list]
  const picked = []
  while (picked.length < count && pool.length > 0)
    picked.push(pool.splice(random.below(pool.length), 1)[0])
  return picked
}
