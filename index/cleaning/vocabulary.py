"""What the lines around an article say: the words of menus and buttons, and how credits, bylines and pleas begin.

All of it is about how pages are built, nothing about one site. The words are those of the languages that most of the
web is written in; in any other, a line is judged by its form alone, and kept where that is not clear.
"""

from __future__ import annotations

import re

# What a control of a page is labelled with. A short line of nothing but these and `COMMON`, with one of these in it,
# is no sentence: "Share on Facebook", "Skip to main content", "3 comments".
CONTROLS: frozenset[str] = frozenset(
    """
    share shared shares sharing tweet tweets retweet facebook twitter pinterest linkedin whatsapp reddit tumblr
    flipboard messenger instagram youtube telegram snapchat tiktok google+ stumbleupon vkontakte odnoklassniki pocket
    rss email e-mail print subscribe subscriber subscribers subscription subscriptions unsubscribe login logout signin
    signup log menu menus search newsletter newsletters advertisement advertisements advert ads advertise advertising
    adchoices comment comments reply replies copyright cookie cookies privacy disclaimer sitemap faq faqs imprint
    skip navigation loading toggle gallery slideshow bookmark follow followers trending sponsored promoted recommended
    copied permalink careers shop account register username profile podcast podcasts webinars accessibility newsroom
    masthead classifieds obituaries arrow more-arrow chevron clock icon hamburger
    impressum anzeige werbung teilen drucken kommentare kommentieren anmelden datenschutz startseite suche
    partager imprimer commentaires publicité connexion accueil confidentialité
    compartir imprimir comentarios publicidad suscríbete inicio privacidad
    compartilhar comentários publicidade assine início privacidade iklan komentar bagikan balas cari beranda
    поделиться комментарии реклама войти регистрация поиск меню подписаться главная вконтакте одноклассники
    شارك تعليقات إعلان بحث اشتراك 分享 评论 登录 注册 广告 首页 搜索 コメント 広告 ホーム ログイン 検索 シェア ツイート
    """.split()
)

# What else stands on controls, and in sentences too.
COMMON: frozenset[str] = frozenset(
    """
    a about add all also an and app apps article articles as at author authors back be best blog board breaking browse
    buy by categories category channel click close conditions contact contents content continue copy corrections
    default desktop digital directory discussion discover download edit edition editions editorial editors events
    explore external favorite feed feedback feeds find first for forum free from full get go guidelines help here
    highlights home how i image images in info information international is join jobs keep latest learn leave legal
    library like likes link links list live load main manage map mail many media member members min minutes mobile
    more most movies my near new news next no none notice now of off offers on online open opens or other our out page
    pages partner partners password photo photos pick picks policy popular post posted posts press prev previous
    promo quick rate rating read reader recent region related report reprints resources response responses review
    reviews right rights rules save saved scroll section sections see send series services settings show sign site
    social source sources special sponsor staff standards stay store stories story submit support tag tags team terms
    text the these this to today today's tools top topic topics tips turn tv up updates us use user version via video
    videos view views visit watch weather web week weekly window with work write yes you your
    am im den die das der und zu auf mehr weitere alle uns über seite artikel
    de la le les et du des en plus voir sur nos y el los las más ver lea o os e mais leia di ke dan ini lagi cetak
    """.split()
)

_MONTH = (
    r"(?:jan(?:uar[iy]?|vier|eiro)?|feb(?:ruar[iy]?|rero)?|fév(?:rier)?|mar(?:ch|et|s|zo|ço)?|märz|a[pv]r(?:il)?"
    r"|ma[iy]|mei|jun[ei]?|juin|jul[iy]?|juillet|aug(?:ust(?:us)?)?|agustus|août|sep(?:t(?:ember)?)?"
    r"|o[ck]t(?:ober)?|nov(?:ember)?|de[csz](?:ember)?)"
)
# A date, or how long ago. Where it stands on a short line, someone's or something's own line starts: the article's, a
# comment's, the next article's in a list.
DATE = re.compile(
    rf"\b{_MONTH}\.?\s?\d{{1,2}}(?:st|nd|rd|th)?\b,?\s+(?:\d{{4}}|at)\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?\.?\s(?:de\s)?{_MONTH}\.?,?\s(?:de\s)?\d{{4}}\b"
    r"|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b(?:19|20)\d\d[-/.]\d\d[-/.]\d\d\b|\b(?:19|20)\d\d年"
    r"|\b\d+\s(?:min(?:ute)?|hour|day|week|month|year)s?\sago\b",
    re.IGNORECASE,
)
# Who wrote it. "By Land and Sea" is let through here; what takes an author's name from a line is stricter.
BYLINE = re.compile(
    r"(?:(?:[Ww]ritten|[Pp]osted|[Ss]tory|[Rr]eport(?:ed|ing)|[Ee]dited|[Rr]eviewed|[Rr]esearched|[Pp]ublished|[Tt]ext) )?"
    r"(?:[Bb]y|BY|Von|Par|Por)[: ]\s*[@\w][\w.’'-]+\s\S+(?:\s\S+){0,8}$"
)

# Below a post of Twitter's that an article quotes: as good as a sentence.
QUOTED_POST = re.compile(r"[—–-] .{1,80}\(@\w+\)")

# Labels, whole lines: what follows one is no part of the article, or no more.
AFTERMATH = re.compile(
    r"""
    (?:leave|post|add|write|submit)\ an?\ (?:comment|reply|response)
  | (?:\d[\d.,]*\ )?(?:comments?|replies|responses|thoughts?\ on|kommentare?|komentar|tanggapan|coment[áa]rios?
      |commentaires?|комментари[ия])(?:$|:|\ ?\(|\ (?:on|to|for|zu|sur|en)\b).{0,120}$
  | (?:view|show|see|read|load)\ (?:all\ |more\ |the\ )?(?:\d+\ )?comments
  | (?:join|start)\ the\ (?:conversation|discussion)
  | about\ (?:the|this)\ (?:authors?|writers?|reporters?|statement)
  | (?-i:(?:About|Über|Sobre|À\ propos\ de|Об?)(?:\ [A-ZÀ-ÞА-Я][\w.’'-]+){2,3}$)
  | weitere\ (?:artikel|beiträge|themen|nachrichten|meldungen)\b.{0,40}$
  | related(?:\ (?:articles?|stor(?:y|ies)|posts?|news|content|topics?|coverage|links?|reading|videos?|items?))?\ ?:?$
  | (?:most|more)\ (?:popular|read|viewed|shared|commented|recent|from|in|on|stories|news|about|articles|posts
      |coverage|like\ this|[A-Z]\w+)\b(?!.*[.!?]$).{0,60}$
  | (?:trending|recommended|popular|sponsored|promoted|suggested)\b(?!.*[.!?]$).{0,40}$
  | (?:you\ (?:may|might)\ (?:also\ )?(?:like|enjoy|be\ interested)|(?:what\ to\ )?read\ (?:this\ )?next|up\ next
      |don[’']t\ miss|must\ reads?|also\ (?:on|read)|keep\ reading|(?:next|previous)\ (?:article|story|post)
      |post\ navigation|we\ recommend)\b(?!.*[.!?]$).{0,60}$
  | (?:tags?|tagged|topics|filed\ (?:under|in|to)|posted\ in|categor(?:y|ies)|in\ this\ article|related\ topics
      |keywords?|schlagw\w+|etiquetas|labels)\b\ *(?:$|:.{0,160}$|(?:[A-Z]\S*\ ?){1,12}$)
  | share\ (?:this|on|via|with)\b.{0,50}$
  | (?:©|\(c\)\ |copyright\b)
  | .{0,80}\ball\ rights\ reserved
  | (?:latest|recent|top|editors?[’']?s?)\ (?:news|stories|posts|articles|videos|headlines|comments|picks)\b
      (?!.*[.!?]$).{0,40}$
  | (?:関連記事|新着記事|コメント|相关阅读|相关新闻|推荐阅读|Читайте\ также|По\ теме|Mehr\ zum\ Thema|Lesen\ Sie\ auch|À\ lire\ aussi
      |Lea\ también|Leia\ (?:também|mais)|Veja\ também|Baca\ juga|Terkait|اقرأ\ أيضا|مطالب\ مرتبط).{0,60}$
    """,
    re.IGNORECASE | re.VERBOSE,
)
# A link to another article, between the paragraphs of this one.
CROSS_REFERENCE = re.compile(
    r"(?:related|read more|see also|also see|also|see more|more|further reading|watch(?: now)?|recommended|read also"
    r"|read next|don[’']t miss|in pictures|video|explained|opinion)\s?:",
    re.IGNORECASE,
)
# Lines that ask something of the reader or tell him about the site.
PLEA = re.compile(
    r"""
    ^(?:sign\ up|subscribe|follow\ (?:us|me|him|her|@|.*\bon\ (?:twitter|facebook|instagram|youtube))|click\ here
      |to\ (?:find\ out|read|learn|see)\ more\b.*(?:click|visit|subscribe|here)|to\ read\ the\ full
      |get\ (?:our|the|your|curated|breaking|daily|weekly)\b.*\b(?:newsletter|inbox|e-?mail|every\ (?:day|week|month))
      |(?:download|get)\ (?:the|our)\ .*\bapp\b|want\ more\b.*sign\ up|like\ (?:us\b|our\b|this\ (?:article|story|post))
      |join\ (?:our|us)\b|donate|support\ (?:us|our)\ |please\ (?:log|sign|enable|fill|enter|try)|have\ your\ say
      |stay\ (?:up\ to\ date|informed|connected)|thank\ you\ for\ (?:subscrib|sign|read|visit)|we\ use\ cookies
      |this\ (?:site|website|page|slideshow|e-?mail)\b|by\ (?:clicking|using|signing|subscribing|submitting|continuing)
      |your\ (?:email|e-mail|comment|browser|feedback)|enter\ your|no\ spam|log\ in\ to)
  | \b(?:newsletters?|registered\ trademarks?|subject\ to\ copyright|this\ website|your\ inbox|privacy\ policy|terms\ of\ (?:use|service)|cookie\ policy|unsubscribe|click(?:ing)?\ here
      |affiliate\ commission|nutzungsbedingungen
      |datenschutz\w*)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
# A notice of the publisher's to the reader, in whole sentences: told only at a page's end, where no article speaks so.
NOTICE = re.compile(
    r"\byou(?:r|rs)?\b.*\b(?:our|us)\b|\b(?:our|us)\b.*\byou(?:r|rs)?\b|\bplease note\b|^thank you for reading", re.IGNORECASE
)

_AGENCY = r"(?:getty|reuters|\bAPA?\b|\bAFP\b|\bEPA\b|\bDPA\b|associated press|shutterstock|istock|wikimedia|flickr|alamy|unsplash|TASS)"
# Who took a picture: a line of its own, or the end of a caption.
CREDIT = re.compile(
    rf"""
    ^\W*(?:photo|image|picture|video|illustration|foto|photograph|graphic|bild|imagem|credit|file\ photo)s?
      \ ?(?:illustration\ )?(?:credits?|by|courtesy|copyright|caption|source)?\ ?(?::|©|(?<=\ by\ )|(?<=caption\ )
      |(?<=copyright\ )|(?<=courtesy\ ))
  | ^©\ ?\S | ^courtesy\ (?:of\b|photo)
  | (?:[(\[/.,—]\ ?|\ )(?:photo|image|picture|credit|file|illustration|photograph|foto)s?(?:\ (?:by|credit|courtesy))?\ ?:
      [^.:]{{2,60}}$
  | [(\[/][^()\[\]]{{0,60}}{_AGENCY}[^()\[\]]{{0,40}}[)\]]?$
  | \b(?:getty\ images|AP\ photo(?:/[\w. -]+)?|istock(?:photo)?|shutterstock)[)\].]?$
  | ^image\ \d+\ of\b
  | (?-i:[a-z.)](?:Credit|Photo|Image|Picture)s?:).{2,60}$
    """,
    re.IGNORECASE | re.VERBOSE,
)
# How long a video or a recording is, alone or with its source: the line above is its caption.
DURATION = re.compile(r"(?:\d{1,2}:)?\d{1,2}:\d\d\b(?:\s[-–—|•]?\s?(?:source|video|quelle)\b.{0,60})?$", re.IGNORECASE)
# The label of a summary in points; what follows it is the article's, but no headline.
SUMMARY = re.compile(
    r"(?:story highlights|highlights|key points|key takeaways|at a glance|in brief|summary|das wichtigste in kürze"
    r"|l[’']essentiel|en resumen|главное)\s?:?$",
    re.IGNORECASE,
)
