"""Reads a file as `Article`s: its format gives text, the text is cleaned, and what it says of itself is taken out."""

import hashlib
import json
import re
from dataclasses import dataclass, replace

from index.cleaning import drop_clutter, normalise, repair_mojibake
from index.errors import ArticleUnreadable
from index.files import FoundFile
from index.language import detect_language
from index.metadata import Metadata, read_metadata
from index.sandbox import extract_limited
from index.types import Article, Extract

READER_VERSION = 4  # files are read again when this changes

# Their properties tell when the file was made, by whatever program: what the text says of itself goes before that.
_DOCUMENTS = (".docx", ".odt", ".rtf", ".pdf")
_LONGEST_TEXT = 2_000_000  # characters
_LONGEST_TITLE = 200
_LONGEST_STAND_IN = 90
_SENTENCE_END = re.compile(r"[a-zäöüß]{4}[“”\"«»)]?[.!?][“”\"«»]?(?= [A-ZÄÖÜ„»\"])")


@dataclass(frozen=True, slots=True)
class FileContent:
    """What a file holds: its articles, and what in it could not be used."""

    articles: tuple[tuple[str, Article], ...]  # each with its record, empty where the file is one article
    faults: tuple[tuple[str, str], ...] = ()  # record and reason


def read_file(data: bytes, found: FoundFile, *, raw: bool = False) -> FileContent:
    """The articles in the bytes of a file; ArticleUnreadable where there is none.

    `raw` takes text as it is: it is normalised, but no clutter is dropped and no metadata looked for in it. An article
    without a title gets the beginning of its text for one.
    """
    extracted = extract_limited(data, found.path.suffix.lower())
    articles: list[tuple[str, Article]] = []
    faults = list(extracted.faults)
    for extract in extracted.articles:
        try:
            articles.append((extract.record, _article(extract, found, raw=raw)))
        except ArticleUnreadable as error:
            faults.append((extract.record, str(error)))
    if not articles:
        reason = faults[0][1] if faults else "holds no article"
        raise ArticleUnreadable(reason if len(faults) < 2 else f"{reason} (and so on, {len(faults)} times)")
    return FileContent(tuple(articles), tuple(faults))


def _article(extract: Extract, found: FoundFile, *, raw: bool) -> Article:
    """Clean one article. Raises ArticleUnreadable where nothing is left of it."""
    if len(extract.text) > _LONGEST_TEXT:
        raise ArticleUnreadable(
            f"has {len(extract.text):,} characters, and an article has at most {_LONGEST_TEXT:,}; "
            "split it into single articles"
        )
    text = normalise(repair_mojibake(extract.text))
    own = Metadata(
        title=_line(extract.title),
        publisher=_line(extract.publisher),
        date=extract.date,
        url=extract.url,
        body=text,
        date_source=extract.date_source,
    )
    metadata = own
    if not raw and (extract.record or found.path.name).lower().endswith(_DOCUMENTS):
        metadata = _filled(read_metadata(text, title=own.title), own)
    elif not raw and not own.title:
        read = read_metadata(text)
        metadata = replace(_filled(own, read), body=read.body)
    text = text if raw else drop_clutter(metadata.body)
    if not any(character.isalnum() for character in text):
        raise ArticleUnreadable("holds no text besides headings and leftovers of a web page; add a file with sentences")
    article = Article(
        id="",
        text=text,
        title=_cut(metadata.title, _LONGEST_TITLE) if metadata.title else _stand_in_title(text),
        publisher=metadata.publisher,
        date=metadata.date,
        url=metadata.url,
        date_source=metadata.date_source,
        language=detect_language(text),
        name=f"{found.name}#{extract.record}" if extract.record else found.name,
    )
    return replace(article, id=content_id(article))


def _line(text: str | None) -> str | None:
    """What a format tells, as one clean line; None for nothing."""
    return " ".join(normalise(repair_mojibake(text)).split()) or None if text else None


def _filled(first: Metadata, second: Metadata) -> Metadata:
    """The first, and where it is silent what the second says."""
    date_of = first if first.date else second
    return Metadata(
        title=first.title or second.title,
        publisher=first.publisher or second.publisher,
        date=date_of.date,
        url=first.url or second.url,
        body=first.body,
        date_source=date_of.date_source,
    )


def content_id(article: Article) -> str:
    """The id that an article has by what it says, wherever it lies: 16 hex digits."""
    content = [article.text, article.title, article.publisher, article.date, article.url]
    return hashlib.sha256(json.dumps(content).encode("ascii")).hexdigest()[:16]


def _stand_in_title(text: str) -> str:
    """The first sentence, as far as a title may be long."""
    line = text.partition("\n")[0]
    first_sentence = _SENTENCE_END.search(line, 0, _LONGEST_STAND_IN + 1)
    if first_sentence:
        line = line[: first_sentence.end()]
    return _cut(line, _LONGEST_STAND_IN)


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    start = text[: longest - 1]  # one character is for the "…"
    if not text[longest - 1].isspace() and " " in start:
        start = start.rpartition(" ")[0]
    return start.rstrip(" ,;:–-") + "…"
