"""Reads a file as an `Article`: its bytes become text, the text is cleaned, and its metadata is taken out."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from index.cleaning import drop_clutter, normalise
from index.errors import ArticleUnreadable
from index.files import FoundFile, decode, read_bytes
from index.metadata import Metadata, read_metadata
from index.types import Article

# How the text is got out of the bytes of a file, by its ending; index.files.ENDINGS has the same endings.
READERS: Mapping[str, Callable[[bytes], str]] = {
    ".txt": decode,
    ".text": decode,
}

READER_VERSION = 1  # files are read again when this changes

_LONGEST_TEXT = 2_000_000  # characters
_LONGEST_TITLE = 200
_LONGEST_STAND_IN = 90
_SENTENCE_END = re.compile(r"[a-zäöüß]{4}[“”\"«»)]?[.!?][“”\"«»]?(?= [A-ZÄÖÜ„»\"])")


def read_article(found: FoundFile, *, raw: bool = False) -> Article:
    """The article in a file; ArticleUnreadable where there is none."""
    return article_from_bytes(read_bytes(found.path), found, raw=raw)


def article_from_bytes(data: bytes, found: FoundFile, *, raw: bool = False) -> Article:
    """The article in the bytes of a file; ArticleUnreadable where there is none.

    `raw` takes plain text as it is: it is normalised, but no clutter is dropped and no metadata looked for.
    An article without a title gets the beginning of its text for one.
    """
    reader = READERS.get(found.path.suffix.lower())
    if reader is None:
        raise ArticleUnreadable(f"has an ending that is not read; save it as plain text ({' or '.join(READERS)})")
    text = reader(data)
    if len(text) > _LONGEST_TEXT:
        raise ArticleUnreadable(
            f"has {len(text):,} characters, and an article has at most {_LONGEST_TEXT:,}; split it into single articles"
        )
    text = normalise(text)
    if raw:
        metadata = Metadata(title=None, publisher=None, date=None, url=None, body=text)
    else:
        metadata = read_metadata(text)
        text = drop_clutter(metadata.body)
    if not any(character.isalnum() for character in text):
        raise ArticleUnreadable("holds no text besides headings and leftovers of a web page; add a file with sentences")
    article = Article(
        id="",
        text=text,
        title=_cut(metadata.title, _LONGEST_TITLE) if metadata.title else _stand_in_title(text),
        publisher=metadata.publisher,
        date=metadata.date,
        url=metadata.url,
        name=found.name,
    )
    return replace(article, id=content_id(article))


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
