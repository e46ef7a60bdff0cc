"""Reads a saved news page as its main text, and what the page says about itself.

The page is first rid of what is furniture by its tags, roles and class names. The main text is then the smallest part
of the page that holds most of its prose, with the lead above it. Trafilatura has a second look: what it also finds
outside that part stays, and its text is taken where that part is clearly too short. Nothing is fetched, nothing runs.
"""

import codecs
import datetime
import html
import json
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import htmldate
import lxml.html
import trafilatura

from index.cleaning import is_clutter, normalise
from index.errors import ArticleUnreadable
from index.files import decode
from index.metadata import read_metadata, sources_below_title
from index.source_line import Source
from index.types import Extract

_LONGEST_PAGE = 5_000_000  # bytes; what follows is not read
_MOST_ELEMENTS = 10_000  # of a page that the libraries see; they take far longer than what is done here
_LONGEST_FOR_LIBRARIES = 500_000  # characters
_LONGEST_TITLE = 1000
_LONGEST_NAME = 1000  # of the classes of an element
_SHORTEST_ARTICLE = 80  # characters of prose


def read_page(data: bytes) -> Extract:
    """The main text of a German news page, a paragraph a line. ArticleUnreadable where the page has none."""
    root = _parse(_decoded(data))
    facts = _json_ld(root)
    for element in list(root.iter("script", "style", "noscript", "template")):
        element.drop_tree()
    headline = _headline_element(root, facts)
    title = _title(root, facts, headline)
    url = _url(root, facts)
    date, date_source = _date(root, facts, url, headline)

    _prune(root, headline)
    source, naming = _source(root, headline, title)
    if source and date_source not in ("metadata", "address"):
        date, date_source = source.date, "text"
    lines = [line for line in _main_lines(root, headline, title) if line not in naming]
    body = facts.body.split("\n")
    if "</" in facts.body:
        body = [line.text for line in _lines(_parse(facts.body).find("body"))]
    if _size(body) > 1.2 * _size(lines):  # the page shows the rest by script only, or not at all
        lines = [line for line in (" ".join(line.split()) for line in body) if line]
    if sum(len(line) for line in lines if _is_prose(line)) < _SHORTEST_ARTICLE:
        raise ArticleUnreadable(
            "is a web page without an article text; open it in a browser and save the text of the article itself"
        )
    return Extract(
        text="\n".join(lines),
        title=title,
        publisher=facts.publisher or _meta(root, "og:site_name") or (source.publisher if source else None),
        date=date,
        date_source=date_source,
        url=url,
    )


# ---- from bytes to elements ----

_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*((?:iso-?8859-|windows-|cp|koi8|mac)[\w-]{1,15})""", re.IGNORECASE)
_REFUSED = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_PARSER_LIMITS = {"huge_tree": False, "no_network": True, "remove_comments": True, "remove_pis": True}


def _decoded(data: bytes) -> str:
    if len(data) > _LONGEST_PAGE:
        data = data[: data.rfind(b" ", 0, _LONGEST_PAGE) + 1]
    declared = _CHARSET.search(data, 0, 4096)
    if declared and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            data.decode("utf-8")  # that it is valid says more than what the page claims
        except UnicodeDecodeError:
            name = declared[1].decode("ascii").lower()
            name = "cp1252" if name in ("iso-8859-1", "iso8859-1") else name  # browsers read it so
            try:
                return data.decode(name, "replace")
            except LookupError:
                pass
    return decode(data)


def _parse(page: str) -> lxml.html.HtmlElement:
    parser = lxml.html.HTMLParser(encoding="utf-8", **_PARSER_LIMITS)
    data = page.replace("\0", "").encode("utf-8", "replace")
    try:
        root = lxml.html.document_fromstring(data, parser=parser)
    except (lxml.etree.ParserError, lxml.etree.XMLSyntaxError):
        root = None
    if root is None or root.find("body") is None:
        raise ArticleUnreadable("is an empty web page; save the page again, or the text of the article itself")
    for element in root.iter():  # the parser takes characters that it refuses to move to another element
        if element.text and _REFUSED.search(element.text):
            element.text = _REFUSED.sub("", element.text)
        if element.tail and _REFUSED.search(element.tail):
            element.tail = _REFUSED.sub("", element.tail)
    return root


# ---- what the page says about itself ----


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the description of the article in JSON-LD tells."""

    headline: str | None = None
    publisher: str | None = None
    date: str | None = None
    url: str | None = None
    body: str = ""


_ARTICLE_TYPE = re.compile(r"\w*(?:Article|Posting)|Report")


def _json_ld(root: lxml.html.HtmlElement) -> _Facts:
    for script in root.iter("script"):
        if (script.get("type") or "").strip().lower() != "application/ld+json":
            continue
        try:
            content = json.loads((script.text or "").strip().removesuffix(";"), strict=False)
        except (ValueError, RecursionError):
            continue
        for record in _records(content):
            kinds = record.get("@type")
            kinds = kinds if isinstance(kinds, list) else [kinds]
            if any(isinstance(kind, str) and _ARTICLE_TYPE.fullmatch(kind) for kind in kinds):
                facts = _facts(record)
                if facts.headline or facts.date:
                    return facts
    return _Facts()


def _records(content: Any) -> Iterator[dict[str, Any]]:
    waiting = deque([content])
    while waiting:
        value = waiting.popleft()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            yield value
            waiting.extend(value[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in value)


def _facts(record: dict[str, Any]) -> _Facts:
    page = record.get("mainEntityOfPage")
    page = page.get("@id") if isinstance(page, dict) else page
    return _Facts(
        headline=_string(record.get("headline")),
        publisher=_name(record.get("publisher")),
        date=_as_date(_string(record.get("datePublished"))) or _as_date(_string(record.get("dateCreated"))),
        url=_string(record.get("url")) or _string(page),
        body=html.unescape(body) if isinstance(body := record.get("articleBody"), str) else "",
    )


def _string(value: object) -> str | None:
    """The text of a value, on one line, without entities that were escaped twice."""
    return " ".join(html.unescape(value).split()) or None if isinstance(value, str) else None


def _name(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return _string(value.get("name") if isinstance(value, dict) else value)


def _meta(root: lxml.html.HtmlElement, name: str) -> str | None:
    for element in root.iter("meta"):
        for key in ("property", "name", "itemprop"):
            if (element.get(key) or "").lower() == name and (content := _string(element.get("content"))):
                return content
    return None


def _url(root: lxml.html.HtmlElement, facts: _Facts) -> str | None:
    canonical = [link.get("href") for link in root.iter("link") if (link.get("rel") or "").lower() == "canonical"]
    for candidate in (*canonical, _meta(root, "og:url"), facts.url):
        if url := read_metadata(_string(candidate) or "").url:
            return url
    return None


# ---- title ----

_SUFFIX = re.compile(r" (?:[|–—»·•]|-|::) ")


def _headline_element(root: lxml.html.HtmlElement, facts: _Facts) -> lxml.html.HtmlElement | None:
    """The h1, or what stands for it: a heading that the title of the page repeats."""
    titles = [title for title in (facts.headline, _meta(root, "og:title"), _text_of(root.find(".//title"))) if title]
    headings = [element for element in root.iter("h1", "h2", "h3") if _text_of(element)]
    for heading in headings:
        if any(_text_of(heading) in title for title in titles) and (heading.tag == "h1" or " " in _text_of(heading)):
            return heading
    return next((heading for heading in headings if heading.tag == "h1"), None)


def _title(root: lxml.html.HtmlElement, facts: _Facts, headline: lxml.html.HtmlElement | None) -> str | None:
    """The title in JSON-LD, Open Graph, the headline or `<title>`, without the name of the site behind it."""
    shown = _text_of(headline)
    page_title = _text_of(root.find(".//title")) or None
    title = facts.headline or _meta(root, "og:title") or shown or page_title
    if not title:
        return None
    title = title[:_LONGEST_TITLE]
    from_page = title == page_title
    sites = {_bare(name) for name in (facts.publisher, _meta(root, "og:site_name")) if name}
    while breaks := list(_SUFFIX.finditer(title)):
        start, site = title[: breaks[-1].start()].rstrip(), title[breaks[-1].end() :]
        is_tail = from_page and breaks[-1].group() == " | "
        if not (_bare(site) in sites or (shown and start.startswith(shown)) or is_tail):
            break
        title = start
    return title


def _bare(name: str) -> str:
    return re.sub(r"\.(?:de|at|ch|com|net|org|info)$", "", re.sub(r"[^\w.]", "", name.casefold()))


# ---- date ----

_DATE_NAMES = (
    "article:published_time",
    "datepublished",
    "article:published",
    "og:published_time",
    "date",
    "dc.date",
    "dc.date.issued",
    "dc.date.created",
    "dcterms.date",
    "dcterms.issued",
    "dcterms.created",
    "publication_date",
    "publication-date",
    "publish-date",
    "pubdate",
    "sailthru.date",
    "parsely-pub-date",
)
_CHANGED = re.compile(r"aktualisiert|geändert|update|modified", re.IGNORECASE)
_BERLIN = ZoneInfo("Europe/Berlin")


def _date(
    root: lxml.html.HtmlElement, facts: _Facts, url: str | None, headline: lxml.html.HtmlElement | None
) -> tuple[str | None, str | None]:
    """The date of publication and where it stands."""
    metadata = [facts.date, *(_as_date(_meta(root, name)) for name in _DATE_NAMES), *_time_elements(root, headline)]
    for date in metadata:
        if date:
            return date, "metadata"
    if url and (date := read_metadata(url).date):
        return date, "address"
    if date := _date_line(root, headline) or _guessed_date(root):
        return date, "text"
    return None, None


def _as_date(value: str | None) -> str | None:
    """The day of a time stamp. One in universal time is read as the time in Germany, as the page would show it."""
    if not value:
        return None
    try:
        time = datetime.datetime.fromisoformat(value)
    except ValueError:
        return read_metadata(value[:10]).date or read_metadata(value).date
    if time.tzinfo and not time.utcoffset() and 1 < time.year < 9999:
        time = time.astimezone(_BERLIN)
    unset = time.date() == datetime.date(1970, 1, 1)
    return time.date().isoformat() if 1800 <= time.year <= 2200 and not unset else None


def _time_elements(root: lxml.html.HtmlElement, headline: lxml.html.HtmlElement | None) -> Iterator[str | None]:
    """The dates in elements: those marked as the publication's first, then those around the headline."""
    for element in root.iter():
        if element.get("itemprop") == "datePublished":
            yield _as_date(_string(element.get("datetime") or element.get("content")))
    around = root if headline is None else next(headline.iterancestors("article", "main"), root)
    for element in islice(around.iter("time"), _MOST_TIMES):
        before = element.getprevious()
        label = (element.getparent().text if before is None else before.tail) or ""
        outside = any(ancestor.tag in _DROPPED_TAGS for ancestor in element.iterancestors())
        if not outside and not _CHANGED.search(f"{element.get('itemprop')} {element.get('class')} {label[-40:]}"):
            yield _as_date(_string(element.get("datetime")))


_MOST_TIMES = 20
_LINES_AROUND = 8
_LONGEST_DATE_LINE = 90
_AROUND_DATE = re.compile(r" (?:vom|am|von|[·|•–-]) |, (?=\d\d?\.)")


def _date_line(root: lxml.html.HtmlElement, headline: lxml.html.HtmlElement | None) -> str | None:
    """The date of a line near the headline that is nothing but a date, or has it for a part; no update, if possible."""
    lines = _lines(root.find("body"))
    within = _within(headline)
    place = next((n for n, line in enumerate(lines) if line.block in within), 0)
    near = [
        line.text
        for line in lines[max(0, place - _LINES_AROUND) : place + 2 * _LINES_AROUND]
        if len(line.text) <= _LONGEST_DATE_LINE and line.block.tag not in _HEADINGS and line.block is not headline
    ]
    near.sort(key=lambda text: bool(_CHANGED.match(text)))
    parts = [part for text in near if not _SENTENCE_END.search(text) for part in _AROUND_DATE.split(text)]
    for text in (*near, *parts):
        read = read_metadata(normalise(text))
        if read.date_source == "text":
            return read.date
    return None


def _guessed_date(root: lxml.html.HtmlElement) -> str | None:
    if _is_large(root):
        return None
    root = deepcopy(root)
    for element in list(root.iter("meta")):
        if re.search("modif|updat|revis", f"{element.get('property')} {element.get('name')}", re.IGNORECASE):
            element.drop_tree()
    found = htmldate.find_date(root, extensive_search=False, original_date=True)
    return found if isinstance(found, str) else None


# ---- pruning ----


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DROPPED_TAGS = _words(
    """
    nav aside form input select textarea button iframe object embed video audio picture img svg canvas figcaption
    dialog menu map head footer
    """
)
_DROPPED_ROLES = _words("dialog alertdialog navigation contentinfo complementary search menu tablist")


def _named(whole: str, beginning: str) -> re.Pattern[str]:
    """A pattern for names that have one of the words, or a word that begins so."""
    whole, beginning = "|".join(whole.split()), "|".join(beginning.split())
    return re.compile(rf"(?<![a-z])(?:(?:{whole})(?![a-z])|(?:{beginning}))")


# What the words in a class or an id say: never the article, whatever it holds.
_FOREIGN = _named(
    "comments respond kommentare leserkommentare forum thread discussion diskussion cmp gdpr",
    "cookie consent paywall overlay disqus sp-message newsletter commentlist comment-list",
)
# Furniture, unless it holds most of the page.
_FURNITURE = _named(
    """
    ad ads adslot advert anzeige werbung banner sponsored promo shr shariff
    comment kommentar related recommended recommendations empfehlungen breadcrumb breadcrumbs nav navbar menu
    sidebar footer foot widget caption captions legend bu credit credits copyright bildunterschrift bildquelle
    byline author authors autor autoren autorin autorenzeile bio
    gallery galerie slideshow carousel video audio player mediaplayer poll umfrage quiz feedback rating
    login abo subscribe subscription anmelden app-promo
    pullquote pull-quote footnotes endnotes mostread most-read meistgelesen popular trending
    tweet twitter instagram facebook telegram tiktok embed inread programmhinweis skip-link toolbar
    pagination
    """,
    """
    advertis adcontainer sponsor sharedaddy jp-related linklist video audio mediaplayer breaking newsticker subscri
    abonnement bildergalerie fotostrecke autorbox
    """,
)
# Furniture, unless a whole paragraph stands there after all.
_SHORT_FURNITURE = _named(
    """
    share sharing sharebar social socialbar tag tags keywords kicker topline roofline dachzeile spitzmarke overline
    eyebrow rubrik topic timestamp date dates datum datetime published published-on posted-on meta infoline
    reading-time lesezeit
    """,
    "reading lesedauer",
)
# May be the lead, or a fact box; furniture where it is mostly a link.
_MAYBE_FURNITURE = _named("box more mehr weitere passend card list info entry block", "teaser relat article-link link")


def _prune(root: lxml.html.HtmlElement, headline: lxml.html.HtmlElement | None) -> None:
    """Take out of the page what is no article by tag, role or class; never what holds the headline."""
    body = root.find("body")
    protected = {body} if headline is None else {body, headline, *headline.iterancestors()}
    for element in list(body.iter()):
        if element in protected or element.getparent() is None:
            continue
        if element.tag == "button" and re.fullmatch("h[2-6]|summary|dt", element.getparent().tag):
            element.drop_tag()  # the heading of an accordion
        elif _is_foreign(element):
            element.drop_tree()

    measures = _measure(body)
    half = measures.length[body] / 2
    sizes: Counter[str] = Counter()  # of all elements of one name: a class may belong to each paragraph of the article
    furniture: list[lxml.html.HtmlElement] = []
    inside: set[lxml.html.HtmlElement] = set()
    for element in body.iter():
        if element in protected or element.tag == "main":
            continue
        if element.getparent() in inside:
            inside.add(element)
        elif _is_furniture(element, measures):
            sizes[_name_of(element)] += measures.length[element]
            if measures.length[element] < half:
                inside.add(element)
                furniture.append(element)
    for element in furniture:
        if sizes[_name_of(element)] < half:
            element.drop_tree()


class _Measures(NamedTuple):
    """What each element of a page holds, found in one pass however deep they are nested."""

    length: Counter[lxml.html.HtmlElement]  # characters of text
    linked: Counter[lxml.html.HtmlElement]  # of these in links
    with_paragraph: set[lxml.html.HtmlElement]  # the elements with a long paragraph of prose


def _measure(body: lxml.html.HtmlElement) -> _Measures:
    length: Counter[lxml.html.HtmlElement] = Counter()
    linked: Counter[lxml.html.HtmlElement] = Counter()
    with_paragraph: set[lxml.html.HtmlElement] = set()
    for element in reversed(list(body.iter())):  # what is inside before what is around it
        parent = element.getparent()
        length[element] += len((element.text or "").strip())
        length[parent] += length[element] + len((element.tail or "").strip())
        linked[parent] += length[element] if element.tag == "a" else linked[element]
        is_long = element.tag == "p" and length[element] >= _LEAST_OF_PARAGRAPH
        if element in with_paragraph or (is_long and _is_prose(_text_of(element))):
            with_paragraph.update((element, parent))
    return _Measures(length, linked, with_paragraph)


def _is_foreign(element: lxml.html.HtmlElement) -> bool:
    tag = element.tag
    if not isinstance(tag, str) or tag in _DROPPED_TAGS or element.get("role") in _DROPPED_ROLES:
        return True
    if tag.startswith("amp-") and tag != "amp-accordion":
        return True
    if tag == "header":
        return element.find(".//p") is None
    if tag == "figure":
        return element.find(".//table") is None
    if tag == "sup":
        return len(element) == 1 and (element[0].get("href") or "").startswith("#")
    return tag != "main" and bool(_FOREIGN.search(_name_of(element)))


def _is_furniture(element: lxml.html.HtmlElement, measures: _Measures) -> bool:
    name = _name_of(element)
    if _FURNITURE.search(name):
        return True
    if _SHORT_FURNITURE.search(name) and element not in measures.with_paragraph:
        return True
    return bool(_MAYBE_FURNITURE.search(name)) and measures.linked[element] > 0.25 * measures.length[element]


def _name_of(element: lxml.html.HtmlElement) -> str:
    name = f"{element.get('class') or ''} {element.get('id') or ''}"[:_LONGEST_NAME]
    return re.sub("(?<=[a-z])(?=[A-Z])", "-", name).lower()


# ---- from elements to lines ----

_INLINE = _words(
    """
    a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp small span strike strong
    sub sup time tt u var wbr
    """
)
_HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6"))


class _Line(NamedTuple):
    """One paragraph, heading, list item, table row, or other run of text of the page."""

    text: str
    block: lxml.html.HtmlElement  # the block element that the text stands in
    linked: int  # how many of its characters are links


def _lines(top: lxml.html.HtmlElement) -> list[_Line]:
    """The lines below an element, in order. Two `br` in a row end a paragraph, one is a space."""
    lines: list[_Line] = []
    parts: list[str] = []
    blocks = [top]
    breaks = linked = in_link = in_table = 0

    def end_line() -> None:
        nonlocal linked, breaks
        text = " ".join("".join(parts).split())
        if text:
            lines.append(_Line(text, blocks[-1], min(linked, len(text))))
        parts.clear()
        linked = breaks = 0

    def add(text: str | None) -> None:
        nonlocal linked, breaks
        if text:
            parts.append(text)
            if not text.isspace():
                breaks = 0
            if in_link:
                linked += len(text.strip())

    for event, element in _walk(top):
        tag = element.tag
        if event == "start":
            if tag == "br":
                breaks += 1
                add(" ")
                if breaks > 1:
                    end_line()
            elif tag == "a":
                in_link += 1
            elif in_table and tag in ("td", "th"):
                parts.append(" | " if parts and not parts[-1].isspace() else "")
            elif tag not in _INLINE and tag not in ("tbody", "thead", "tfoot"):
                end_line()
                blocks.append(element)
                in_table += tag == "table" and _is_data(element)
            if not (in_table and tag in ("table", "tbody", "thead", "tr")):
                add(element.text)
        else:
            if tag == "a":
                in_link -= 1
            elif tag not in _INLINE and tag not in ("br", "tbody", "thead", "tfoot") and blocks[-1] is element:
                end_line()
                blocks.pop()
                in_table -= tag == "table" and bool(in_table) and _is_data(element)
            if element is not top and not (in_table and tag in ("td", "th", "tr", "thead", "tbody")):
                add(element.tail)
    end_line()
    return lines


def _walk(top: lxml.html.HtmlElement) -> Iterator[tuple[str, lxml.html.HtmlElement]]:
    for event, element in lxml.etree.iterwalk(top, events=("start", "end")):
        if isinstance(element.tag, str):
            yield event, element


_MOST_IN_CELL = 120


def _is_data(table: lxml.html.HtmlElement) -> bool:
    """Whether a table shows data, each row to be one line, and does not merely arrange the page."""
    if table.find(".//p") is not None or table.find(".//table") is not None or table.find(".//div") is not None:
        return False
    rows = list(table.iter("tr"))
    wide = [row for row in rows if len(row) > 1]
    return len(wide) > 1 and all(_length(cell) <= _MOST_IN_CELL for row in rows for cell in row)


def _text_of(element: lxml.html.HtmlElement | None) -> str:
    return "" if element is None else " ".join(element.text_content().split())


def _length(element: lxml.html.HtmlElement) -> int:
    """How many characters of text an element holds."""
    return sum(len(text.strip()) for text in element.itertext())


def _is_large(root: lxml.html.HtmlElement) -> bool:
    return any(True for _ in islice(root.iter(), _MOST_ELEMENTS, None)) or _length(root) > _LONGEST_FOR_LIBRARIES


# ---- a line that names outlet and day ----

_LINES_BELOW = 100  # enough to tell a press review


def _source(
    root: lxml.html.HtmlElement, headline: lxml.html.HtmlElement | None, title: str | None
) -> tuple[Source | None, set[str]]:
    """Outlet and day that stand below the headline, or below what repeats the title, and the lines that name them."""
    lines = _lines(root.find("body"))
    within = _within(headline)
    titles = (n for n, line in enumerate(lines) if (line.block in within if within else line.text == title))
    start = next(titles, None)
    if start is None or title is None:
        return None, set()
    below = [line.text for line in lines[start + 1 : start + 1 + _LINES_BELOW]]
    if not any(map(_is_prose, below)):
        return None, set()  # the text is elsewhere
    found = sources_below_title([normalise(line) for line in below], title)
    return (found[min(found)] if found else None), {below[number] for number in found}


# ---- the main text ----

_SENTENCE_END = re.compile(r"[.!?…:][“”\"«»)’‘*]{0,3}$")
_DIGIT = re.compile(r"\d")
_CLOCK = re.compile(r"\d\d?[:.]\d\d(?: uhr)?", re.IGNORECASE)
_BYLINE = re.compile(
    r"(?i:von|by|text|interview|fotos?|autor|autorin|aus \S{2,30} berichtet):?"
    r"(?: (?:(?:und|von|zu|de) )?[A-ZÄÖÜ][\w.-]*,?){2,8}"
)
_PUBLISHED = re.compile(r"(?:veröffentlicht|erstellt|erschienen|aktualisiert|stand)\b[^.!?]*\d.*", re.IGNORECASE)
_MOST_DATES = 2
_LEAST_OF_PARAGRAPH = 100
_LEAST_OF_PROSE = 0.7


def _is_prose(text: str) -> bool:
    return len(text) >= 40 and bool(_SENTENCE_END.search(text)) and not is_clutter(text)


def _size(lines: Iterable[str]) -> int:
    return sum(map(len, lines))


def _main_lines(root: lxml.html.HtmlElement, headline: lxml.html.HtmlElement | None, title: str | None) -> list[str]:
    body = root.find("body")
    lines = _lines(body)
    within = _within(headline)
    start = next((n for n, line in enumerate(lines) if line.block in within), -1)
    if not any(_is_prose(line.text) for line in lines[start + 1 :]):
        start = -1
    lines = [line for line in lines[start + 1 :] if _is_content(line, title)]
    dates = set(islice((n for n, line in enumerate(lines) if _is_date(line.text)), _MOST_DATES + 1))
    if len(dates) <= _MOST_DATES:  # more are a chronicle
        lines = [line for n, line in enumerate(lines) if n not in dates]
    prose = [line for line in lines if _is_prose(line.text)]
    second_look = _trafilatura_lines(root)
    if not prose:
        return second_look
    main = _main_element(body, prose)
    among = set(second_look)
    parts = {main, *(part for part in _siblings(main) if _name_of(part).strip() and _name_of(part) == _name_of(main))}
    within = {element for part in parts for element in part.iter()}
    inside = [line.block in within for line in lines]
    first = inside.index(True)
    outside = {
        n
        for n, line in enumerate(lines)
        if (n < first and _is_prose(line.text)) or (line.text in among and _SENTENCE_END.search(line.text))
    }
    headings = {n - 1 for n in outside if n > first and lines[n - 1].block.tag in _HEADINGS}
    kept = [line for n, line in enumerate(lines) if inside[n] or n in outside or n in headings]
    found = _without_lonely_headings(kept)
    clearly_short = 2 * _size(filter(_is_prose, found)) < _size(filter(_is_prose, second_look))
    return second_look if clearly_short else found


def _is_content(line: _Line, title: str | None) -> bool:
    text = line.text
    is_sentence = bool(_SENTENCE_END.search(text))
    if text == title or line.block.tag == "h1" or line.linked > (0.6 if is_sentence else 0.4) * len(text):
        return False
    if len(text) <= _LONGEST_DATE_LINE and line.block.tag not in _HEADINGS and line.block.tag != "li":
        if _CLOCK.fullmatch(text) or _BYLINE.fullmatch(text):
            return False
        if _PUBLISHED.fullmatch(text) and not is_sentence:
            return False
    is_marked = line.block.tag in _HEADINGS or line.block.tag in (
        "p",
        "li",
        "blockquote",
        "dt",
        "dd",
        "tr",
        "pre",
        "summary",
    )
    return is_marked or is_sentence


def _is_date(text: str) -> bool:
    if len(text) > _LONGEST_DATE_LINE or not _DIGIT.search(text):
        return False
    read = read_metadata(normalise(text))
    return read.date_source == "text" and not read.body


def _within(element: lxml.html.HtmlElement | None) -> set[lxml.html.HtmlElement]:
    return set() if element is None else set(element.iter())


def _main_element(body: lxml.html.HtmlElement, prose: list[_Line]) -> lxml.html.HtmlElement:
    """The smallest element that holds most of the prose."""
    held: Counter[lxml.html.HtmlElement] = Counter()
    for line in prose:
        held[line.block] += len(line.text)
    enough = _LEAST_OF_PROSE * held.total()
    for element in reversed(list(body.iter())):  # what is inside before what is around it
        if held[element] >= enough:
            return element
        held[element.getparent()] += held[element]
    return body


def _siblings(element: lxml.html.HtmlElement) -> Iterator[lxml.html.HtmlElement]:
    yield from element.itersiblings(preceding=True)
    yield from element.itersiblings()


def _without_lonely_headings(lines: list[_Line]) -> list[str]:
    """The texts, without headings that head nothing: what they headed was furniture."""
    kept: list[str] = []
    below: str | None = None  # tag of the line that follows
    for line in reversed(lines):
        tag = line.block.tag
        if tag in _HEADINGS and (below is None or (below in _HEADINGS and below <= tag)):
            continue
        kept.append(line.text)
        below = tag
    return kept[::-1]


def _trafilatura_lines(root: lxml.html.HtmlElement) -> list[str]:
    if _is_large(root):
        return []
    document = trafilatura.bare_extraction(deepcopy(root), favor_precision=True, include_comments=False)
    text = getattr(document, "text", None) or ""
    return [line for line in (" ".join(line.split()).removeprefix("- ") for line in text.split("\n")) if line]
