"""What the lines around an article say: the words of menus and buttons, and how credits, bylines and pleas begin.

All of it is about how pages are built, nothing about one site. The words are those of the languages that most of the
web is written in; in any other, a line is judged by its form alone, and kept where that is not clear.
"""

from __future__ import annotations

import re
from enum import Enum

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
    impressum agb kontakt karriere anzeige werbung teilen drucken kommentare kommentieren anmelden datenschutz suche
    startseite    partager imprimer commentaires publicité connexion accueil confidentialité
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
    leistungen referenzen unternehmen übersicht zurück zur zum standorte
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
    r"(?:(?:written|posted|story|report(?:ed|ing)|edited|reviewed|researched|published|text) )?"
    r"(?:by|von|par|por)[: ]\s*(?-i:[@A-ZÀ-Þ])[\w.’'-]*\s[^\s:]+(?:\s[^\s:]+){0,12}$",
    re.IGNORECASE,
)
# Below a post of Twitter's that an article quotes: as good as a sentence.
QUOTED_POST = re.compile(r"[—–-] .{1,80}\(@\w+\)")


class Says(Enum):
    """What a line says that begins as one of `OPENINGS` does."""

    AFTERMATH = "what follows is no part of the article, or no more"
    REFERENCE = "a link to another article"
    PLEA = "the reader is asked for something, or told about the site"
    CREDIT = "who took the picture"
    SUMMARY = "what follows sums the article up"


# What may follow a label to the end of its line: no sentence.
_LABEL_END = r"\b(?!.*[.!?]$).{0,60}$"

# First words of a line, and how it has to go on. By the first word, since most lines begin with none of them and need
# not be looked at any further.
_OPENINGS: tuple[tuple[str, str, Says], ...] = (
    ("leave post add write submit", r" an? (?:comment|reply|response)", Says.AFTERMATH),
    (
        "comment comments reply replies response responses thoughts kommentar kommentare komentar tanggapan"
        " comentário comentários comentario comentarios commentaire commentaires комментарии комментария",
        r"(?:$|:| ?\(| (?:on|to|for|zu|sur|en)\b).{0,120}$",
        Says.AFTERMATH,
    ),
    ("view show see read load", r" (?:all |more |the )?(?:\d+ )?comments", Says.AFTERMATH),
    ("join start", r" the (?:conversation|discussion)", Says.AFTERMATH),
    ("about", r" (?:the|this) (?:authors?|writers?|reporters?|statement)", Says.AFTERMATH),
    ("about über sobre об о", r"(?-i:(?: [A-ZÀ-ÞА-Я][\w.’'-]+){2,3}$)", Says.AFTERMATH),
    ("weitere", r" (?:artikel|beiträge|themen|nachrichten|meldungen)\b.{0,40}$", Says.AFTERMATH),
    (
        "related",
        r"(?: (?:articles?|stor(?:y|ies)|posts?|news|content|topics?|coverage|links?|reading|videos?|items?))? ?:?$",
        Says.AFTERMATH,
    ),
    (
        "most more",
        r" (?:popular|read|viewed|shared|commented|recent|from|in|on|stories|news|about|articles|posts|coverage"
        r"|like this|(?-i:[A-Z]\w+))" + _LABEL_END,
        Says.AFTERMATH,
    ),
    ("trending recommended popular sponsored promoted suggested", _LABEL_END, Says.AFTERMATH),
    ("you", r" (?:may|might) (?:also )?(?:like|enjoy|be interested)", Says.AFTERMATH),
    ("what read up also keep", r" (?:to read next|this next|next|on|read|reading)" + _LABEL_END, Says.AFTERMATH),
    ("don't don’t must", r" (?:miss|reads?)" + _LABEL_END, Says.AFTERMATH),
    ("next previous", r" (?:article|story|post)" + _LABEL_END, Says.AFTERMATH),
    ("post we", r" (?:navigation|recommend)" + _LABEL_END, Says.AFTERMATH),
    (
        "tag tags tagged topics filed posted category categories in keywords schlagwörter schlagworte etiquetas labels",
        r"(?: under| in| to| this article)?\b *(?:$|:.{0,160}$|(?-i:(?:[A-Z]\S*\ ?){1,12}$))",
        Says.AFTERMATH,
    ),
    ("share", r" (?:this|on|via|with)\b.{0,50}$", Says.AFTERMATH),
    ("copyright", r"\b", Says.AFTERMATH),
    (
        "latest recent top editors editor's editors'",
        r" (?:news|stories|posts|articles|videos|headlines|comments|picks)" + _LABEL_END,
        Says.AFTERMATH,
    ),
    ("関連記事 新着記事 人気記事 相关阅读 相关新闻 推荐阅读 terkait", r"", Says.AFTERMATH),
    ("читайте по", r" (?:также|теме)", Says.AFTERMATH),
    ("mehr lesen", r" (?:zum thema|sie auch)", Says.AFTERMATH),
    ("à lea leia veja baca", r" (?:lire aussi|también|também|mais|juga)\b", Says.AFTERMATH),
    ("اقرأ مطالب", r" (?:أيضا|مرتبط)", Says.AFTERMATH),
    # Links to other articles, between the paragraphs of this one.
    (
        "related read see also more further watch recommended don't don’t in video explained opinion",
        r"(?: more| also| next| reading| now| miss| pictures)? ?:",
        Says.REFERENCE,
    ),
    ("sign subscribe unsubscribe donate", r"(?: up\b| now\b| to\b| today\b|$)", Says.PLEA),
    ("follow", r" (?:us|me|him|her|@|.*\bon (?:twitter|facebook|instagram|youtube))", Says.PLEA),
    ("like", r" (?:us|our|this (?:article|story|post))\b", Says.PLEA),
    ("click", r" here\b", Says.PLEA),
    ("to", r" (?:find out|read|learn|see) (?:more\b.*(?:click|visit|subscribe|here)|the full)", Says.PLEA),
    (
        "get",
        r" (?:our|the|your|curated|breaking|daily|weekly)\b.*\b(?:inbox|e-?mail|every (?:day|week|month)|app)\b",
        Says.PLEA,
    ),
    ("download", r" (?:the|our) .*\bapp\b", Says.PLEA),
    ("want", r" more\b.*sign up", Says.PLEA),
    ("join support", r" (?:our|us)\b", Says.PLEA),
    ("please", r" (?:log|sign|enable|fill|enter|try)\b", Says.PLEA),
    ("have", r" your say", Says.PLEA),
    ("stay", r" (?:up to date|informed|connected)", Says.PLEA),
    ("thank", r" you for (?:subscrib|sign|read|visit)", Says.PLEA),
    ("by", r" (?:clicking|using|signing|subscribing|submitting|continuing)\b", Says.PLEA),
    ("your", r" (?:e-?mail|comment|browser|feedback) ", Says.PLEA),
    ("enter log we no", r" (?:your|in to|use cookies|spam)\b", Says.PLEA),
    ("this", r" (?:site|website|page|slideshow|e-?mail) ", Says.PLEA),
    (
        "photo photos image images picture pictures video illustration foto fotos photograph graphic bild imagem credit"
        " credits file",
        r"(?: photo| illustration)?(?: (?:credits?|by|courtesy|copyright|caption|source))? ?(?::|©"
        r"|(?<=\bby) |(?<=\bcaption) |(?<=\bcopyright) |(?<=\bcourtesy) |(?<=\bimage) \d+ of\b)",
        Says.CREDIT,
    ),
    ("courtesy", r" (?:of\b|photo)", Says.CREDIT),
    ("story key highlights summary", r"(?: highlights| points| takeaways)? ?:?$", Says.SUMMARY),
    ("at in en das l'essentiel главное", r"(?: a glance| brief| resumen| wichtigste in kürze)? ?:?$", Says.SUMMARY),
)
OPENINGS: dict[str, list[tuple[re.Pattern[str], Says]]] = {}
for _first_words, _rest, _says in _OPENINGS:
    for _first_word in _first_words.split():
        _pattern = re.compile(re.escape(_first_word) + _rest, re.IGNORECASE)
        OPENINGS.setdefault(_first_word, []).append((_pattern, _says))

# Anywhere in a line, these say that it is about the site.
PLEA_PHRASES: tuple[str, ...] = (
    "newsletter", "registered trademark", "subject to copyright", "this website", "your inbox", "privacy policy",
    "terms of use", "terms of service", "cookie policy", "unsubscribe", "click here", "clicking here",
    "affiliate commission", "nutzungsbedingungen", "datenschutz",
)  # fmt: skip
# One word of each.
PLEA_WORDS: frozenset[str] = frozenset(
    """
    newsletter newsletters registered copyright website inbox privacy terms cookie unsubscribe click clicking affiliate
    nutzungsbedingungen datenschutz datenschutzerklärung
    """.split()
)
RIGHTS_RESERVED = "rights reserved"

# One of these stands in every line that names who took its picture, or a label that the caption runs into.
CREDIT_WORDS: frozenset[str] = frozenset(
    """
    photo photos image images picture pictures credit credits illustration file photograph foto getty reuters afp epa
    dpa ap apa associated shutterstock istock istockphoto wikimedia flickr alamy unsplash tass
    """.split()
)
CREDIT_LABELS = ("Credit:", "Photo:", "Image:", "Picture:", "Credits:", "Photos:", "Images:")
_AGENCY = (
    r"(?:getty|reuters|\bAPA?\b|\bAFP\b|\bEPA\b|\bDPA\b|associated press|shutterstock|istock|wikimedia|flickr|alamy"
    r"|unsplash|\bTASS\b)"
)
# The end of a caption: "(Stanislav Krasilnikov/TASS/Getty Images)", "Photo: Hau Dinh, AP".
CREDIT = re.compile(
    rf"""
    (?:[(\[/.,—]\ ?|\ )(?:photo|image|picture|credit|file|illustration|photograph|foto)s?
      (?:\ (?:by|credit|courtesy))?\ ?:
      [^.:]{{2,60}}$
  | [(\[/][^()\[\]]{{0,60}}{_AGENCY}[^()\[\]]{{0,40}}[)\]]?$
  | \b(?:getty\ images|AP\ photo(?:/[\w. -]+)?|istock(?:photo)?|shutterstock)[)\].]?$
  | (?-i:[a-z.)](?:Credit|Photo|Image|Picture)s?:).{{2,60}}$
    """,
    re.IGNORECASE | re.VERBOSE,
)
# A notice of the publisher's to the reader, in whole sentences: told only at a page's end, where no article speaks so.
NOTICE = re.compile(
    r"\byou(?:r|rs)?\b.*\b(?:our|us)\b|\b(?:our|us)\b.*\byou(?:r|rs)?\b|\bplease note\b|^thank you for reading",
    re.IGNORECASE,
)

# How long a video or a recording is, alone or with its source: the line above is its caption.
DURATION = re.compile(r"(?:\d{1,2}:)?\d{1,2}:\d\d\b(?:\s[-–—|•]?\s?(?:source|video|quelle)\b.{0,60})?$", re.IGNORECASE)
