"""Writes answers and articles as HTML; the one place where text becomes markup.

Whatever comes from an article, a file name or a question goes through `_text`, which escapes it. The page's component
lets no attributes through but class, href and id, so a click says what it wants in its href:
`#beleg-ANSWER-MARKER` a citation, `#stelle-ANSWER-RANK` a retrieved passage.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from index.types import Article
from qa import render
from qa.types import Answer, Citation

_EXCERPT = 240  # characters of a passage in the list
_TARGET = re.compile(r"(beleg|stelle)-(\d{1,6})-(\d{1,3})(?:/\d+)?")  # the page counts its clicks behind the slash


@dataclass(frozen=True, slots=True)
class Target:
    """What a click on a source asks for."""

    kind: str  # "beleg", a citation, or "stelle", a passage
    answer: int  # number of the answer in the conversation
    number: int  # marker of the citation, rank of the passage


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of an article's text to be marked."""

    start: int
    end: int
    label: str = ""  # shown before the marked part
    current: bool = False  # the one that is scrolled to


def parse_target(text: str) -> Target | None:
    """Read the href of a source; None for anything else."""
    found = _TARGET.fullmatch(text.removeprefix("#"))
    return Target(found[1], int(found[2]), int(found[3])) if found else None


def question_html(question: str) -> str:
    """A question as it was asked."""
    return _text(question)


def notice_html(notice: str) -> str:
    """A message that is no answer."""
    return f'<div class="hinweis">{_text(notice)}</div>'


def answer_html(answer: Answer, number: int, language: str) -> str:
    """An answer with its sources and, folded away, all passages that were found."""
    words = render.PAGE[language]
    parts = [f'<div class="antwort{" ohne" if answer.abstained else ""}">']
    if answer.abstained:
        parts.append(f'<p class="text">{_text(answer.text)}</p>')
    else:
        proofs = "".join(_proof(citation, number, language) for citation in answer.citations)
        parts.append(f'<ol class="belege">{proofs}</ol>')
    level = render.confidence_in_words(answer.confidence, language)
    parts.append(
        f'<p class="sicherheit">{words["confidence"]}: {level} ({render.percent(answer.confidence, language)})</p>'
    )
    if answer.passages:
        summary = words["passages"].format(len(answer.passages))
        parts.append(
            f'<details class="stellen"><summary>{summary}</summary>{_passages(answer, number, language)}</details>'
        )
    return "".join([*parts, "</div>"])


def _proof(citation: Citation, number: int, language: str) -> str:
    """A cited sentence, its short answer emphasised, with its marker; below it where it stands. Both are links."""
    text = citation.sentence.text
    target = f"#beleg-{number}-{citation.marker}"
    shown = _text(text)
    if citation.short_answer:
        start, end = citation.short_answer
        shown = f'{_text(text[:start])}<strong class="kurz">{_text(text[start:end])}</strong>{_text(text[end:])}'
    if citation.context:
        shown = f'<span class="davor">{_text(citation.context.text)}</span> {shown}'
    article = citation.article
    return (
        f'<li><p class="satz">{shown}&nbsp;<a class="marke" href="{target}">{citation.marker}</a></p>'
        f'<p class="herkunft"><a href="{target}">{_text(article.title)}</a> · '
        f"{_text(render.attribution(article, language))}{_also_in(citation, language)}</p></li>"
    )


def _also_in(citation: Citation, language: str) -> str:
    if not citation.copies:
        return ""
    words = render.PAGE[language]["copies"]
    return f' <span class="kopien">({words} {_text(render.also_in(citation, language))})</span>'


def _passages(answer: Answer, number: int, language: str) -> str:
    words = render.PAGE[language]
    rows = []
    for hit in answer.passages:
        text = hit.article.text[hit.passage.start : hit.passage.end]
        excerpt = text if len(text) <= _EXCERPT else text[:_EXCERPT].rsplit(" ", 1)[0] + " …"
        scores = words["scores"].format(
            score=render.decimal(hit.score, 2, language),
            similarity=render.decimal(hit.similarity, 2, language),
            lexical=render.decimal(hit.lexical, 1, language),
        )
        rows.append(
            f'<li><a href="#stelle-{number}-{hit.rank}">{_text(hit.article.title)}</a> '
            f'<span class="herkunft">{_text(render.attribution(hit.article, language))}</span>'
            f'<span class="werte">{_text(scores)}</span><span class="auszug">{_text(excerpt)}</span></li>'
        )
    return f"<ol>{''.join(rows)}</ol>"


def article_html(article: Article, marks: Iterable[Mark], language: str) -> str:
    """An article in full, its paragraphs kept, with parts of it marked."""
    in_order = sorted(marks, key=lambda mark: mark.start)
    body = "".join(f"<p>{_marked(article.text, start, end, in_order)}</p>" for start, end in _paragraphs(article.text))
    link = ""
    if article.url and article.url.startswith(("https://", "http://")):
        address, words = escape(article.url, quote=True), render.PAGE[language]["original"]
        link = f'<p class="original"><a href="{address}">{words}</a></p>'
    return (
        f'<div class="artikel"><h2>{_text(article.title)}</h2>'
        f'<p class="herkunft">{_text(render.attribution(article, language))}</p>{body}{link}'
        f'<p class="datei">{_text(article.name)}</p></div>'
    )


def _paragraphs(text: str) -> list[tuple[int, int]]:
    """The places of the lines that hold text."""
    return [(found.start(), found.end()) for found in re.finditer(r"[^\n]+", text)]


def _marked(text: str, start: int, end: int, marks: Sequence[Mark]) -> str:
    """The paragraph text[start:end] with the marks that lie in it, by start; of two that overlap, the first wins."""
    parts = []
    position = start
    for mark in marks:
        left, right = max(mark.start, position), min(mark.end, end)
        if left >= right:
            continue
        parts.append(_text(text[position:left]))
        name = "beleg aktuell" if mark.current else "beleg"
        label = f'<span class="nummer">{_text(mark.label)}</span>' if mark.label and left == mark.start else ""
        parts.append(f'<mark class="{name}">{label}{_text(text[left:right])}</mark>')
        position = right
    parts.append(_text(text[position:end]))
    return "".join(parts)


def _text(text: str) -> str:
    """Text made harmless: escaped, and shut off from the text around it where it runs from right to left."""
    return f"<bdi>{escape(text, quote=True)}</bdi>" if text else ""
