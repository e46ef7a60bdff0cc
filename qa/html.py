"""Writes conversations, articles and lists as HTML; the one place where text becomes markup.

Whatever comes from an article, a file name or a question goes through `_text`, which escapes it. The page's component
lets no attributes through but class, href and id, so a click says what it wants in its href, `#NAME-ARGUMENT-…`:

    beleg-TURN-MARKER       show a citation in its article       stelle-TURN-RANK       show a retrieved passage
    woertlich-TURN          take a follow-up as it was typed     kopie-TURN-FORM        copy an answer
    ueberall-TURN           ask again, of all articles           meinten-TURN           ask as it was probably meant
    urteil-TURN-JUDGEMENT   keep what somebody thinks of it      ausfuhr-FORM           save the conversation
    lesen-ARTICLE           show an article                      entfernen-ARTICLE      ask whether to remove it
    ja-ARTICLE, nein        remove it, or do not                 zurueck                bring back what was removed
    mehr                    show more of the collection          gespraech-ID           open a conversation
    umbenennen-ID           ask for a new name                   loeschen-ID            ask whether to delete it
    weg-ID, behalten        delete it, or do not
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from index.catalogue import Entry
from index.store import EVERYTHING
from index.types import Article, Hit, Sentence
from qa import render
from qa.chat import Kept, Turn
from qa.collection import Came, Change
from qa.feedback import Judgement
from qa.types import Answer, Citation, Evidence
from qa.words import PAGE

_NAMED = 20  # articles of each kind in the report on an upload
_EXCERPT = 240  # characters of a sentence in the list of passages, and of a question that was not asked
# the page counts its clicks behind the slash
_ACTION = re.compile(r"#?([a-z]{2,12})((?:-[A-Za-z0-9]{1,64}){0,2})(?:/\d{1,9})?")
_PLACE = re.compile(r"#?article=([0-9a-f]{16})(?:&s=(\d{1,8})-(\d{1,8}))?(?:/\d{1,9})?")


@dataclass(frozen=True, slots=True)
class Action:
    """What a click asks for."""

    name: str
    arguments: tuple[str, ...] = ()

    def number(self, place: int) -> int:
        """An argument as a number; 0 where it is none."""
        text = self.arguments[place] if place < len(self.arguments) else ""
        return int(text) if text.isdecimal() and len(text) < 7 else 0


@dataclass(frozen=True, slots=True)
class Place:
    """What a link points to: an article, and a part of it where one is named."""

    article_id: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of an article's text to be marked."""

    start: int
    end: int
    label: str = ""  # shown before the marked part
    current: bool = False  # the one that is scrolled to


def parse_action(text: str) -> Action | None:
    """Read the href of a click; None for anything else."""
    found = _ACTION.fullmatch(text)
    return Action(found[1], tuple(found[2].split("-")[1:])) if found else None


def parse_place(text: str) -> Place | None:
    """Read a link to a place in an article; None for anything else."""
    found = _PLACE.fullmatch(text)
    return Place(found[1], int(found[2] or 0), int(found[3] or 0)) if found else None


def place_of(citation: Citation) -> str:
    """The link to a citation, as `parse_place` reads it."""
    return f"#article={citation.article.id}&s={citation.sentence.start}-{citation.sentence.end}"


def notice_html(notice: str) -> str:
    """A message that is no answer."""
    return f'<div class="hinweis">{_text(notice)}</div>'


# the conversation


def conversation(turns: Sequence[Turn], language: str) -> list[dict[str, str]]:
    """The messages of a conversation, as the page's component takes them."""
    messages = []
    for turn in turns:
        asked = (
            _excerpt(turn.asked) if turn.notice else turn.asked
        )  # an over-long one would hide why it is not answered
        if asked.strip():
            messages.append({"role": "user", "content": _text(asked)})
        last = turn is turns[-1] and turn.answer is not None
        messages.append({"role": "assistant", "content": _reply(turn, language) + (_exports(language) if last else "")})
    return messages


def _reply(turn: Turn, language: str) -> str:
    words = PAGE[language]
    understood = ""
    if turn.understood.carried:
        understood = (
            f'<p class="verstanden">{words["understood"]} <em>{_text(turn.understood.question)}</em> '
            f'<a class="tat" href="#woertlich-{turn.number}">{words["take_literally"]}</a></p>'
        )
    if turn.notice:
        return (
            understood
            + notice_html(words[turn.notice].format(**turn.told))
            + _found(turn.passages or (), (), turn.number, language)
        )
    if turn.answer is None:
        doing = words["searching"] if turn.passages is None else words["reading"].format(len(turn.passages))
        return f'{understood}<div class="hinweis arbeit">{doing}</div>'
    return understood + _answer(turn, turn.answer, language)


def _answer(turn: Turn, answer: Answer, language: str) -> str:
    """An answer with its sources and, folded away, all passages that were found."""
    parts = [f'<div class="antwort{" ohne" if answer.abstained else ""}">']
    if answer.abstained:
        parts.append(_refusal(turn, answer, language))
    else:
        proofs = "".join(_proof(citation, turn.number, language) for citation in answer.citations)
        parts.append(f'<ol class="belege">{proofs}</ol>')
    if told := f"{_confidence(answer, language)}{_scope(turn, language)}".strip():
        parts.append(f'<p class="fuss">{told}</p>')
    parts.append(f"{_found(answer.passages, answer.evidence, turn.number, language)}{_tools(turn, language)}</div>")
    return "".join(parts)


def _confidence(answer: Answer, language: str) -> str:
    """How sure an answer is in words, with the number behind them; nothing for a refusal, which claims nothing."""
    if answer.abstained:
        return ""
    level = render.confidence_in_words(answer.confidence, language)
    share = render.percent(answer.confidence, language)
    told = f"{PAGE[language]['confidence']}: {level}"
    return f'<span class="sicherheit">{told}<span class="zahl"> ({share})</span></span>'


def _refusal(turn: Turn, answer: Answer, language: str) -> str:
    """That the articles do not tell, what was looked for, the nearest of them, and what may help."""
    words = PAGE[language]
    meant = ""
    if turn.corrected:
        link = f'<a class="tat" href="#meinten-{turn.number}">{_text(turn.corrected)}</a>'
        meant = f'<p class="leise">{words["did_you_mean"]} {link}</p>'
    phrases = ", ".join(f"<em>{_text(phrase)}</em>" for phrase in render.looked_for(answer.question))
    looked = f'<p class="leise">{words["looked_for"].format(phrases)}</p>' if phrases else ""
    articles = "".join(
        f'<li><a href="#stelle-{turn.number}-{hit.rank}">{_text(hit.article.title)}</a> '
        f'<span class="herkunft">{_text(render.attribution(hit.article, language))}</span></li>'
        for hit in render.nearest_articles(answer.passages)
    )
    nearest = f'<p class="leise">{words["nearest"]}</p><ul class="naechste">{articles}</ul>' if articles else ""
    advice = words["not_found_help"]
    if turn.scope != EVERYTHING:
        advice += f' <a class="tat" href="#ueberall-{turn.number}">{words["ask_everywhere"]}</a>'
    return f'<p class="text">{words["not_found"]}</p>{meant}{looked}{nearest}<p class="leise">{advice}</p>'


def _scope(turn: Turn, language: str) -> str:
    scope = render.scope_text(turn.scope, turn.named, language)
    return f' <span class="bereich">{PAGE[language]["in_scope"].format(_text(scope))}</span>' if scope else ""


def _tools(turn: Turn, language: str) -> str:
    """What can be done with an answer: copy it, judge it."""
    words = PAGE[language]
    copies = " ".join(
        f'<a class="tat" href="#kopie-{turn.number}-{form}">{words[f"as_{form}"]}</a>'
        for form in ("plain", "markdown", "footnotes")
    )
    offered = [Judgement.RIGHT, Judgement.WRONG]
    if turn.answer and turn.answer.citations:
        offered.append(Judgement.EVIDENCE)
    judgements = " ".join(
        f'<a class="tat{" gewaehlt" if turn.judgement is judgement else ""}" '
        f'href="#urteil-{turn.number}-{judgement}">{words[f"judge_{judgement}"]}</a>'
        for judgement in offered
    )
    thanks = ""
    if turn.judgement:
        back = f'<a class="tat" href="#urteil-{turn.number}-{Judgement.WITHDRAWN}">{words["judge_withdrawn"]}</a>'
        thanks = f' <span class="dank">{words["judged"]}</span> {back}'
    return (
        f'<p class="taten"><span class="was">{words["copy"]}</span> {copies}</p>'
        f'<p class="taten"><span class="was">{words["judge"]}</span> {judgements}{thanks}</p>'
    )


def _exports(language: str) -> str:
    """The ways to save a conversation."""
    words = PAGE[language]
    forms = " ".join(
        f'<a class="tat" href="#ausfuhr-{form}">{words[f"as_{form}"]}</a>' for form in ("markdown", "json", "page")
    )
    return f'<p class="taten"><span class="was">{words["export"]}</span> {forms}</p>'


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
    words = PAGE[language]["copies"]
    return f' <span class="kopien">({words} {_text(render.also_in(citation, language))})</span>'


def _found(passages: Sequence[Hit], ranked: Sequence[Evidence], number: int, language: str) -> str:
    """All passages that were found, folded away, each with the sentence that ranked best in it."""
    if not passages:
        return ""
    words = PAGE[language]
    rows = []
    for hit, reason in zip(passages, _reasons(passages), strict=True):
        scores = words["scores"].format(
            score=render.decimal(hit.score, 2, language),
            similarity=render.decimal(hit.similarity, 2, language),
            lexical=render.decimal(hit.lexical, 1, language),
        )
        rows.append(
            f'<li><a href="#stelle-{number}-{hit.rank}">{_text(hit.article.title)}</a> '
            f'<span class="herkunft">{_text(render.attribution(hit.article, language))}</span>'
            f'<span class="werte">{words[reason]}: {_text(scores)}</span>'
            f'<span class="auszug">{_text(_excerpt(_nearest_sentence(hit, ranked).text))}</span></li>'
        )
    summary = words["passages"].format(len(passages))
    return f'<details class="stellen"><summary>{summary}</summary><ol>{"".join(rows)}</ol></details>'


def _nearest_sentence(hit: Hit, ranked: Sequence[Evidence]) -> Sentence:
    """The sentence of a passage that was ranked best; of one that was not ranked, the most similar."""
    inside = set(hit.passage.sentences)
    by_similarity = max(zip(hit.sentence_similarities, hit.passage.sentences, strict=True), key=lambda pair: pair[0])
    return next((evidence.sentence for evidence in ranked if evidence.sentence in inside), by_similarity[1])


def _excerpt(text: str) -> str:
    """The beginning of a text, to a whole word."""
    return text if len(text) <= _EXCERPT else text[:_EXCERPT].rsplit(" ", 1)[0] + " …"


def _reasons(passages: Sequence[Hit]) -> list[str]:
    """Why each passage was found, compared with the others: for its meaning, its words, or both."""
    if not passages:
        return []
    near, far = max(hit.similarity for hit in passages), min(hit.similarity for hit in passages)
    most = max(hit.lexical for hit in passages)
    reasons = []
    for hit in passages:
        meaning = (hit.similarity - far) / (near - far) if near > far else 1.0
        shared = hit.lexical / most if most else 0.0
        both = meaning >= 0.5 and shared >= 0.5
        reasons.append("why_both" if both else "why_meaning" if meaning >= shared else "why_words")
    return reasons


# the source beside it


def citation_html(turn: Turn, citation: Citation, language: str) -> str:
    """The article of a citation, all that was cited from it marked, with the way to the other citations."""
    words = PAGE[language]
    citations = turn.answer.citations if turn.answer else ()
    marks = [
        Mark(other.sentence.start, other.sentence.end, str(other.marker), current=other is citation)
        for other in citations
        if other.article.id == citation.article.id
    ]
    position = words["position"].format(number=citation.marker, count=len(citations))
    steps = []
    for name, marker in (("previous", citation.marker - 1), ("next", citation.marker + 1)):
        if 1 <= marker <= len(citations):
            steps.append(f'<a class="tat {name}" href="#beleg-{turn.number}-{marker}">{words[name]}</a>')
    link = f'<a class="tat verweis" href="{escape(place_of(citation), quote=True)}">{words["link"]}</a>'
    return article_html(
        citation.article, marks, language, top=f'<p class="weg">{" ".join([position, *steps, link])}</p>'
    )


def article_html(article: Article, marks: Iterable[Mark], language: str, *, top: str = "") -> str:
    """An article in full, its paragraphs kept, with parts of it marked; `top` is markup that stands above it."""
    in_order = sorted(marks, key=lambda mark: mark.start)
    body = "".join(f"<p>{_marked(article.text, start, end, in_order)}</p>" for start, end in _paragraphs(article.text))
    link = ""
    if article.url and article.url.startswith(("https://", "http://")):
        address, words = escape(article.url, quote=True), PAGE[language]["original"]
        link = f'<p class="original"><a href="{address}">{words}</a></p>'
    return (
        f'<div class="artikel">{top}<h2>{_text(article.title)}</h2>'
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


# the collection and the conversations that were


def collection_html(
    entries: Sequence[Entry], language: str, *, shown: int, of_all: int, removing: str = "", message: str = ""
) -> str:
    """The first of the articles as a list; `removing` is the id of one that is about to be removed."""
    words = PAGE[language]
    parts = [message]
    if not entries:
        parts.append(notice_html(words["nothing_found" if of_all else "collection_empty"]))
    else:
        parts.append(f'<p class="leise">{words["shown"].format(shown=len(entries), all=of_all)}</p>')
    rows = [_entry(entry, language, removing=entry.article.id == removing) for entry in entries[:shown]]
    parts.append(f'<ul class="liste">{"".join(rows)}</ul>' if rows else "")
    if len(entries) > shown:
        parts.append(f'<p><a class="tat" href="#mehr">{words["more"].format(len(entries) - shown)}</a></p>')
    return "".join(parts)


def _entry(entry: Entry, language: str, *, removing: bool) -> str:
    words = PAGE[language]
    article = entry.article
    action = f'<a class="tat" href="#entfernen-{article.id}">{words["remove"]}</a>'
    if removing:
        action = (
            f'<span class="sicher">{words["remove_sure"]}</span> '
            f'<a class="tat ernst" href="#ja-{article.id}">{words["remove_yes"]}</a> '
            f'<a class="tat" href="#nein">{words["remove_no"]}</a>'
        )
    return (
        f'<li><a href="#lesen-{article.id}">{_text(article.title)}</a> '
        f'<span class="herkunft">{_text(render.attribution(article, language))}</span> {action}</li>'
    )


def removed_html(title: str, language: str) -> str:
    """That an article was removed, with the way back."""
    words = PAGE[language]
    return (
        f'<div class="meldung">{_text(words["removed"].format(title))} '
        f'<a class="tat" href="#zurueck">{words["undo"]}</a></div>'
    )


def report_html(summary: str, came: Sequence[Came], skipped: Iterable[tuple[str, str]], language: str) -> str:
    """What an upload did: each file that was skipped with its reason, and below it the first articles that came."""
    words = PAGE[language]
    rows = "".join(f"<li>{_text(words['skipped'].format(name=name, reason=reason))}</li>" for name, reason in skipped)
    parts = [f'<div class="meldung">{_text(summary)}{f"<ul>{rows}</ul>" if rows else ""}</div>']
    for change, heading in (
        (Change.ADDED, words["came_added"]),
        (Change.UPDATED, words["came_updated"]),
        (Change.UNCHANGED, words["came_unchanged"]),
    ):
        of_kind = [one for one in came if one.change is change]
        links = [f'<a href="#lesen-{one.article_id}">{_text(one.title)}</a>' for one in of_kind[:_NAMED]]
        further = f" {words['and_more'].format(len(of_kind) - _NAMED)}" if len(of_kind) > _NAMED else ""
        parts.append(f'<p class="herkunft">{heading} {", ".join(links)}{further}</p>' if links else "")
    return "".join(parts)


def history_html(stored: Sequence[Kept], language: str, *, any_kept: bool, deleting: str = "") -> str:
    """The conversations that the browser keeps, as a list; `deleting` is the id of one that is about to be deleted."""
    words = PAGE[language]
    if not stored:
        return notice_html(words["no_conversation_found" if any_kept else "no_conversation"])
    rows = []
    for one in stored:
        turns = one["turns"]
        count = len(turns) if isinstance(turns, list) else 0
        size = words["one_question"] if count == 1 else words["questions"].format(count)
        identity = escape(str(one["id"]), quote=True)
        about = f"{size}, {render.moment(str(one['at']), language)}"
        actions = " ".join(
            f'<a class="tat" href="#{name}-{identity}">{words[word]}</a>'
            for name, word in (("gespraech", "open"), ("umbenennen", "rename"), ("loeschen", "delete"))
        )
        if one["id"] == deleting:
            actions = (
                f'<span class="sicher">{words["delete_sure"]}</span> '
                f'<a class="tat ernst" href="#weg-{identity}">{words["delete_yes"]}</a> '
                f'<a class="tat" href="#behalten">{words["remove_no"]}</a>'
            )
        rows.append(
            f'<li><strong>{_text(str(one["title"]))}</strong> <span class="herkunft">{_text(about)}</span> '
            f"{actions}</li>"
        )
    return f'<ul class="liste">{"".join(rows)}</ul>'


def status_text(counts: Mapping[str, int], period: tuple[str, str] | None, language: str) -> str:
    """How many articles there are, and of which days."""
    words = PAGE[language]
    parts = [words["collection"].format(**counts)]
    if period:
        first, last = (render.day(day, language) for day in period)
        parts.append(words["period"].format(first=first, last=last))
    return ", ".join(parts)


def _text(text: str) -> str:
    """Text made harmless: escaped, and shut off from the text around it where it runs from right to left."""
    return f"<bdi>{escape(text, quote=True)}</bdi>" if text else ""
