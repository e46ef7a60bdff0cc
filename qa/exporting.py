"""Writes answers and whole conversations as text that a person takes away from the chat."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from html import escape
from urllib.parse import quote

from index.store import EVERYTHING, Scope
from index.types import Article
from qa import render
from qa.types import Answer, Citation
from qa.words import PAGE


class Form(StrEnum):
    """How one answer is written."""

    PLAIN = "plain"
    MARKDOWN = "markdown"
    FOOTNOTES = "footnotes"  # Markdown with footnotes, which not every program knows


class ConversationForm(StrEnum):
    """How a conversation is written."""

    MARKDOWN = "markdown"
    JSON = "json"
    PAGE = "page"  # one HTML file that needs nothing else


@dataclass(frozen=True, slots=True)
class Exchange:
    """A turn of a conversation that was answered, be it by a refusal."""

    asked: str  # as it was typed
    answer: Answer
    understood: str | None = None  # a follow-up made whole; None for a question that stands alone
    scope: Scope = EVERYTHING  # in which it was searched
    named: Mapping[str, Article] = field(default_factory=dict)  # the articles that the scope names by their ids


# Characters to which CommonMark, or an extension in wide use, gives a meaning wherever they stand; dots in a word and
# double slashes make an address, which many programs turn into a link; an exclamation mark at the end would make an
# image of the footnote behind it.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>&#~|$^=@]|:?//|%%|(?<=[^\W\d_])\.(?=\w)|(?<=\w)\.(?=[^\W\d_])|^[-+:%]|!$")
_LIST_NUMBER = re.compile(r"^(\(?\w{1,9})([.)])")  # "3. Liga" at the beginning is no list
# Of what an address may hold, all that neither ends a Markdown link nor means something in it.
_URL_SAFE = "%/:?#@!&*+,=-._~"

_STYLE = """
body { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 1.05rem/1.5 Charter, Georgia, serif; }
h1 { font-size: 1.2rem; }
h2 { font-size: 1.1rem; break-after: avoid; }
section { margin: 2rem 0; break-inside: avoid; }
li { margin: 0.6rem 0; break-inside: avoid; }
li p { margin: 0; font-size: 0.9rem; }
blockquote { margin: 0.3rem 0; padding-left: 0.8rem; border-left: 3px solid #a8a29e; }
a { color: inherit; overflow-wrap: anywhere; }
@media print {
  body { max-width: none; margin: 0; padding: 0; font-size: 11pt; }
  a::after { content: " (" attr(href) ")"; }
}
"""


def answer_as(answer: Answer, form: Form, language: str) -> str:
    """One answer with its sources, or a refusal, whose text names the nearest articles; `language` as of the page."""
    if not answer.citations:
        return _one_line(answer.text) if form is Form.PLAIN else _escaped(answer.text)
    write = {Form.PLAIN: _plain, Form.MARKDOWN: _markdown, Form.FOOTNOTES: _footnotes}[form]
    return write(answer.citations, language)


def conversation_as(turns: Sequence[Exchange], form: ConversationForm, language: str, exported: datetime) -> str:
    """A conversation as the content of a file."""
    if form is ConversationForm.JSON:
        content = _json(turns, exported)
    else:
        day = render.day(exported.date().isoformat(), language)
        title = render.EXPORT[language]["title"].format(day=day, time=f"{exported:%H:%M}")
        write = _page if form is ConversationForm.PAGE else _document
        content = write(turns, title, language)
    # half a surrogate pair, as a broken paste or a file's name may hold it, could not be written to a file
    return content.encode("utf-8", "replace").decode("utf-8")


# what every form tells


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _place(citation: Citation, language: str) -> str:
    """Outlet, date, file and characters."""
    article, sentence = citation.article, citation.sentence
    characters = render.EXPORT[language]["characters"].format(start=sentence.start, end=sentence.end)
    # an article without outlet and date is attributed to its file, which need not be named twice
    known = dict.fromkeys([render.attribution(article, language), article.name, characters])
    return _one_line(", ".join(known))


def _notes(citation: Citation, language: str) -> list[str]:
    """The sentence before it, if that is needed to understand it, and where else nearly the same stands."""
    words = render.EXPORT[language]
    notes = []
    if citation.context:
        notes.append(f"{words['before']}: {_one_line(citation.context.text)}")
    if citation.copies:
        notes.append(f"{words['copies']}: {_one_line(render.also_in(citation, language))}")
    return notes


def _quotation(citation: Citation, language: str) -> str:
    return render.EXPORT[language]["quotation"].format(_one_line(citation.sentence.text))


# plain text


def _plain(citations: Sequence[Citation], language: str) -> str:
    lines = [render.answer_text(citations), ""]
    for citation in citations:
        article = citation.article
        source = f"{_one_line(article.title)} – {_place(citation, language)}: {_quotation(citation, language)}"
        address = f", {_one_line(article.url)}" if article.url else ""
        lines.append(f"[{citation.marker}] {source}{address}")
        lines += [f"    {note}" for note in _notes(citation, language)]
    return "\n".join(lines)


# Markdown


def _document(turns: Sequence[Exchange], title: str, language: str) -> str:
    words = PAGE[language]
    parts = [f"# {title}"]
    for turn in turns:
        parts.append(f"## {_escaped(turn.asked)}")
        if turn.understood:
            parts.append(f"{words['understood']} {_escaped(turn.understood)}")
        if scope := render.scope_text(turn.scope, turn.named, language):
            parts.append(words["in_scope"].format(_escaped(scope)))
        parts.append(answer_as(turn.answer, Form.MARKDOWN, language))
    return "\n\n".join(parts) + "\n"


def _markdown(citations: Sequence[Citation], language: str) -> str:
    text = " ".join(f"{_escaped(citation.sentence.text)} [{citation.marker}]" for citation in citations)
    return "\n\n".join([text, *(_list_item(citation, language) for citation in citations)])


def _list_item(citation: Citation, language: str) -> str:
    number = f"{citation.marker}. "
    paragraphs = [_source(citation, language), f"> {_escaped(citation.sentence.text)}"]
    paragraphs += map(_escaped, _notes(citation, language))
    return number + f"\n\n{' ' * len(number)}".join(paragraphs)


def _footnotes(citations: Sequence[Citation], language: str) -> str:
    paragraphs = [" ".join(f"{_escaped(citation.sentence.text)}[^{citation.marker}]" for citation in citations)]
    for citation in citations:
        source = f"{_source(citation, language)}: {_escaped(_quotation(citation, language))}"
        notes = map(_escaped, _notes(citation, language))
        paragraphs.append(f"[^{citation.marker}]: {' – '.join([source, *notes])}")
    return "\n\n".join(paragraphs)


def _source(citation: Citation, language: str) -> str:
    title = _escaped(citation.article.title)
    address = _address(citation.article)
    if address:
        title = f"[{title}]({quote(address, safe=_URL_SAFE)})"
    return f"{title} – {_escaped(_place(citation, language))}"


def _escaped(text: str) -> str:
    """Text in one line, of which Markdown makes nothing but text."""
    literal = _MARKUP.sub(lambda found: re.sub(r"(.)", r"\\\1", found[0]), _one_line(text))
    return _LIST_NUMBER.sub(r"\1\\\2", literal)


def _address(article: Article) -> str | None:
    """Where an article may be linked to."""
    return article.url if article.url and article.url.startswith("https://") else None


# JSON and HTML


def _json(turns: Sequence[Exchange], exported: datetime) -> str:
    conversation = {
        "program": "Belegstelle",
        "exported": exported.isoformat(),
        "turns": [
            {
                "asked": turn.asked,
                "understood": turn.understood,
                "scope": None if turn.scope == EVERYTHING else asdict(turn.scope),
                **render.answer_object(turn.answer, str(number)),
            }
            for number, turn in enumerate(turns, start=1)
        ],
    }
    return json.dumps(conversation, ensure_ascii=False, indent=2) + "\n"


def _page(turns: Sequence[Exchange], title: str, language: str) -> str:
    sections = "\n".join(_section(turn, language) for turn in turns)
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
{sections}
</body>
</html>
"""


def _section(turn: Exchange, language: str) -> str:
    words, answer = PAGE[language], turn.answer
    scope = render.scope_text(turn.scope, turn.named, language)
    heading = f"<h2>{_bdi(turn.asked)}</h2>"
    if turn.understood:
        heading += f"\n<p><small>{words['understood']} {_bdi(turn.understood)}</small></p>"
    if scope:
        heading += f"\n<p><small>{words['in_scope'].format(_bdi(scope))}</small></p>"
    text = " ".join(f"{_bdi(citation.sentence.text)} [{citation.marker}]" for citation in answer.citations)
    items = "\n".join(_item(citation, language) for citation in answer.citations)
    sources = f"\n<ol>\n{items}\n</ol>" if items else ""
    return f"<section>\n{heading}\n<p>{text or _bdi(answer.text)}</p>{sources}\n</section>"


def _item(citation: Citation, language: str) -> str:
    title = _bdi(citation.article.title)
    address = _address(citation.article)
    if address:
        title = f'<a href="{escape(address)}">{title}</a>'
    notes = "".join(f"<p>{_bdi(note)}</p>" for note in _notes(citation, language))
    return (
        f"<li><p>{title} – {_bdi(_place(citation, language))}</p>"
        f"<blockquote>{_bdi(citation.sentence.text)}</blockquote>{notes}</li>"
    )


def _bdi(text: str) -> str:
    """Text in one line made harmless: escaped, and shut off from what is around it where it runs from right to left."""
    return f"<bdi>{escape(_one_line(text))}</bdi>"
