"""Words what people and programs read: answers and refusals as text, for a terminal, and as JSON."""

import textwrap
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from index.analysis import content_phrases
from index.files import printable
from index.store import Scope
from index.types import Article, Hit, Sentence
from qa.types import Answer, Citation

_REFUSALS = {
    "de": ("Die Artikel beantworten diese Frage nicht.", "Gesucht wurde nach {}.", "Am nächsten kommen: {}"),
    "en": ("The articles do not answer this question.", "Looked for: {}.", "The nearest articles: {}"),
    "ru": ("В статьях нет ответа на этот вопрос.", "Искали: {}.", "Ближе всего по теме: {}"),
    "uk": ("У статтях немає відповіді на це запитання.", "Шукали: {}.", "Найближчі за темою: {}"),
}
_LABELS = {
    "de": {
        "short": "Kurz",
        "confidence": "Sicherheit",
        "sources": "Belege",
        "before": "davor",
        "copies": "fast gleich auch in",
    },
    "en": {
        "short": "In short",
        "confidence": "Confidence",
        "sources": "Sources",
        "before": "before it",
        "copies": "nearly the same in",
    },
    "ru": {
        "short": "Кратко",
        "confidence": "Уверенность",
        "sources": "Источники",
        "before": "перед этим",
        "copies": "почти то же в",
    },
    "uk": {
        "short": "Коротко",
        "confidence": "Впевненість",
        "sources": "Джерела",
        "before": "перед цим",
        "copies": "майже те саме в",
    },
}
_LEVELS = ((0.7, "high"), (0.5, "medium"), (0.0, "low"))  # confidence from which a word fits
_LEVEL_WORDS = {
    "de": {"high": "hoch", "medium": "mittel", "low": "gering"},
    "en": {"high": "high", "medium": "medium", "low": "low"},
}
EXPORT = {
    "de": {
        "title": "Belegstelle – Gespräch vom {day}, {time} Uhr",
        "characters": "Zeichen {start}–{end}",
        "quotation": "„{}“",
        "before": "davor",
        "copies": "fast gleich auch in",
    },
    "en": {
        "title": "Belegstelle – conversation of {day}, {time}",
        "characters": "characters {start}–{end}",
        "quotation": "“{}”",
        "before": "before it",
        "copies": "nearly the same in",
    },
}
_SCOPE_DAYS = {"de": ("ab {}", "bis {}"), "en": ("from {}", "to {}")}
_ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_INNER_MARKS = str.maketrans({"„": "‚", "“": "‘", "”": "’"})
_NEAREST = 3  # articles that a refusal names
_LOOKED_FOR = 6  # phrases of the question in a refusal
_WIDTH = 100  # columns of a terminal


def answer_text(citations: Sequence[Citation]) -> str:
    """The cited sentences, best first, each with its marker."""
    return " ".join(f"{_in_one_line(citation.sentence.text)} [{citation.marker}]" for citation in citations)


def refusal(question: str, hits: Sequence[Hit], language: str) -> str:
    """That the articles do not tell, in the question's language, what was looked for, and which come nearest."""
    statement, searched, nearest = _REFUSALS.get(language, _REFUSALS["de"])
    parts = [statement]
    if phrases := [_quoted(phrase) for phrase in looked_for(question)]:
        parts.append(searched.format(", ".join(phrases)))
    if titles := [_quoted(_in_one_line(hit.article.title)) for hit in nearest_articles(hits)]:
        parts.append(nearest.format(", ".join(titles)))
    return " ".join(parts)


def looked_for(question: str) -> list[str]:
    """The phrases of a question that a refusal names."""
    return content_phrases(question)[:_LOOKED_FOR]


def nearest_articles(hits: Sequence[Hit]) -> list[Hit]:
    """The articles that a refusal names, each by its best hit; of several with the same title the first."""
    first: dict[str, Hit] = {}
    for hit in hits:
        first.setdefault(_in_one_line(hit.article.title), hit)
    return list(first.values())[:_NEAREST]


def _quoted(text: str) -> str:
    """A text in German quotation marks; those that it has itself become inner ones."""
    return f"„{text.translate(_INNER_MARKS)}“"


def attribution(article: Article, language: str) -> str:
    """Where an article comes from: outlet and date, as far as they are known."""
    known = [article.publisher, day(article.date, language)]
    return ", ".join(part for part in known if part) or article.name


def also_in(citation: Citation, language: str) -> str:
    """Where else nearly the same article stands; it counts as one source with the cited one."""
    return "; ".join(attribution(copy, language) for copy in citation.copies)


def scope_text(scope: Scope, named: Mapping[str, Article], language: str) -> str:
    """What a search was restricted to: articles, outlets, days; empty for everything.

    `named` has the articles by the names that the scope has for them, which tell a reader little.
    """
    parts = [_scope_article(name, named.get(name), language) for name in scope.articles] + list(scope.publishers)
    for words, date in zip(_SCOPE_DAYS[language], (scope.since, scope.until), strict=True):
        if date:
            parts.append(words.format(day(date, language)))
    return ", ".join(parts)


def _scope_article(name: str, article: Article | None, language: str) -> str:
    return f"{article.title} ({attribution(article, language)})" if article else name


def day(date: str | None, language: str) -> str:
    """A date YYYY-MM-DD as people of the language write it; nothing for None."""
    if not date:
        return ""
    year, month, number = date.split("-")
    if language == "en":
        return f"{int(number)} {_ENGLISH_MONTHS[int(month) - 1]} {year}"
    return f"{int(number)}.{int(month)}.{year}"


def moment(at: str, language: str) -> str:
    """Day and time (ISO 8601) as a clock on the wall here shows them; a day that is in no calendar as it stands."""
    with suppress(ValueError):
        at = datetime.fromisoformat(at).astimezone().isoformat()
    return f"{day(at[:10], language)}, {at[11:16]}"


def confidence_in_words(confidence: float, language: str) -> str:
    """A word for a confidence from 0 to 1."""
    level = next(level for bound, level in _LEVELS if confidence >= bound)
    return _LEVEL_WORDS[language][level]


def decimal(value: float, digits: int, language: str) -> str:
    """A number as people of the language write it."""
    text = f"{value:.{digits}f}"
    return text if language == "en" else text.replace(".", ",")


def percent(share: float, language: str) -> str:
    """A share from 0 to 1 in percent, as people of the language write it."""
    return f"{share:.0%}" if language == "en" else f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def terminal(answer: Answer, *, corrected: str | None = None) -> str:
    """An answer for a terminal: the answer first, then its sources with their places.

    `corrected` is what a question that seems misspelt was probably meant to be.
    """
    labels = _LABELS.get(answer.language, _LABELS["de"])
    lines = [*_wrapped(answer.text), ""]
    if corrected:
        lines += [*_wrapped(f"Meinten Sie: {corrected}"), ""]  # German questions alone are corrected
    if answer.short_answer:
        lines.append(f"{labels['short']}: {answer.short_answer}")
    lines.append(f"{labels['confidence']}: {percent(answer.confidence, answer.language)}")
    if answer.citations:
        lines += ["", f"{labels['sources']}:"]
    for citation in answer.citations:
        article = citation.article
        lines.append(f"[{citation.marker}] {_in_one_line(article.title)} – {attribution(article, answer.language)}")
        lines.append(f"    {article.name}, {citation.sentence.start}–{citation.sentence.end}")
        if citation.context:
            lines.append(f"    {labels['before']}: {_in_one_line(citation.context.text)}")
        if citation.copies:
            lines.append(f"    {labels['copies']}: {also_in(citation, answer.language)}")
    return "\n".join(printable(line) for line in lines)


def answer_object(answer: Answer, question_id: str) -> dict[str, object]:
    """An answer as the JSON object that programs rely on."""
    return {
        "id": question_id,
        "question": answer.question,
        "answer": answer.text,
        "short_answer": answer.short_answer,
        "abstained": answer.abstained,
        "confidence": round(answer.confidence, 4),
        "citations": [
            {
                "marker": citation.marker,
                "article": citation.article.name,
                "article_id": citation.article.id,
                "title": citation.article.title,
                "publisher": citation.article.publisher,
                "date": citation.article.date,
                "url": citation.article.url,
                "start": citation.sentence.start,
                "end": citation.sentence.end,
                "sentence": citation.sentence.text,
                "score": round(citation.score, 4),
                "context": _context_object(citation.context),
                "copies": [copy.name for copy in citation.copies],
            }
            for citation in answer.citations
        ],
        "passages": [hit_object(hit) for hit in answer.passages],
        "conflict": None
        if answer.conflict is None
        else {
            "claims": [
                {"claim": claim.claim, "who": claim.who, "when": claim.when, "markers": list(claim.markers)}
                for claim in answer.conflict
            ]
        },
        "seconds": round(answer.seconds, 4),
    }


def _context_object(context: Sentence | None) -> dict[str, object] | None:
    return {"start": context.start, "end": context.end, "sentence": context.text} if context else None


def hit_object(hit: Hit) -> dict[str, object]:
    """A retrieved passage as JSON."""
    return {
        "article": hit.article.name,
        "article_id": hit.article.id,
        "start": hit.passage.start,
        "end": hit.passage.end,
        "score": round(hit.score, 4),
    }


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH)
