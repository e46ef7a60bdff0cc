"""The records that travel between modules: articles, their sentences and passages, and hits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extract:
    """One article as a file holds it: its text, not yet normalised or cleaned, and what the format itself tells."""

    text: str  # plain text, a paragraph a line
    title: str | None = None
    publisher: str | None = None
    date: str | None = None  # YYYY-MM-DD
    date_source: str | None = None  # where the date stands: "metadata", "address", "text"
    url: str | None = None
    record: str = ""  # which part of the file: "3" for a third record, "a/b.html" inside an archive; empty for all


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it is stored: cleaned text, and what is known about it.

    `text` is Unicode NFC with `\\n` line ends; a line is a paragraph, an empty line stands between paragraphs where
    the source had one. Every offset in the program is into this text.
    """

    id: str  # from the content, so the same content has the same id everywhere
    text: str
    title: str = ""
    publisher: str | None = None
    date: str | None = None  # YYYY-MM-DD
    url: str | None = None
    date_source: str | None = None  # where the date stands: "header", "metadata", "address", "dateline", "text"
    language: str | None = None  # ISO 639-1, of the text
    name: str = ""  # the file name as it was added, relative to the folder that was named


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an article; `article.text[start:end] == text` always holds."""

    article_id: str
    start: int  # offset of the first character in Article.text
    end: int  # offset just past the last one
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of consecutive whole sentences of one article, the unit that is retrieved."""

    article_id: str
    start: int  # where its first sentence starts
    end: int  # where its last sentence ends
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a query."""

    passage: Passage
    article: Article
    rank: int  # from 1
    score: float  # higher is better
    similarity: float  # cosine of query and passage vector
    lexical: float  # BM25 score; 0 where the words did not find it
    sentence_similarities: tuple[float, ...]  # cosine of query and each sentence as read in the passage
    copies: tuple[Article, ...] = ()  # other articles that are nearly the same as this one
