"""What happens on the page: each method takes what the page's parts hold and gives, by name, what they are to show.

Nothing here knows the framework of the page; `app.py` connects the names with its components.
"""

import json
import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index.dates import written_period
from index.errors import IndexBusy, NewsError, QuestionInvalid
from index.store import EVERYTHING, Scope
from qa import chat, collection, exporting, feedback, html, render
from qa.answers import Assistant
from qa.chat import Kept, Turn
from qa.collection import Came, Change, Order, Removed
from qa.question_files import PeriodInvalid, checked_period
from qa.words import PAGE, reason

LANGUAGE_COOKIE = "belegstelle-language"
ROWS = 40  # of the collection, until more are asked for

logger = logging.getLogger(__name__)

Shown = dict[str, object]
Messages = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen from, each with the value that it stands for."""

    pairs: tuple[tuple[str, str], ...]
    chosen: tuple[str, ...] | None = None  # what is left of what was chosen, where some of it has gone; else None

    def after(self, chosen: Sequence[str] | None) -> "Choices":
        """The same, without what was chosen and has gone."""
        known = {value for _, value in self.pairs}
        left = tuple(value for value in chosen or () if value in known)
        return self if len(left) == len(chosen or ()) else replace(self, chosen=left)


@dataclass(frozen=True, slots=True)
class Sifting:
    """What of the collection is to be listed, as the page's fields hold it; an empty field holds "" or None."""

    find: str = ""
    outlet: str = ""
    since: str = ""
    until: str = ""
    order: str = ""
    rows: int = ROWS


@dataclass(frozen=True, slots=True)
class Visible:
    """Whether a part of the page can be seen."""

    value: bool


@dataclass(frozen=True, slots=True)
class Label:
    """What a part of the page is called."""

    text: str


def language_of(headers: Mapping[str, str], default: str | None) -> str:
    """The language of the page: what was chosen on it, else the program's, else the browser's."""
    # http.cookies gives up at what another program on this computer may have set
    parts = (part.strip().partition("=") for part in headers.get("cookie", "").split(";"))
    chosen = {name: value for name, _, value in parts}.get(LANGUAGE_COOKIE)
    if chosen in PAGE:
        return chosen
    first = headers.get("accept-language", "de").strip().lower()
    return default or ("de" if first.startswith("de") else "en")


class Desk:
    """Answers what is done on the page. Sessions may share it: whatever belongs to one is handed in and out."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.news_index = assistant.news_index

    def open_page(self, stored: object, language: str) -> Shown:
        """What the page shows first."""
        words = PAGE[language]
        return {
            **self._counted(language),
            "order": Choices(tuple((words[f"by_{order}"], str(order)) for order in Order)),
            "listed": self._list(Sifting(), language),
            "source": self._source([], "", language),
            "history": self._history(stored, "", language),
            "reading": _message(html.notice_html(words["no_article"])),
        }

    # the conversation

    def respond(
        self,
        asked: str,
        turns: list[Turn],
        articles: list[str],
        outlets: list[str],
        since: str,
        until: str,
        stored: object,
        identity: str,
        language: str,
    ) -> Iterator[Shown]:
        """Ask: the question is shown at once, then what was found, then the answer with its first source beside it.

        An empty field asks nothing, since a second click or Enter comes when the first has emptied it.
        """
        asked = chat.whole(asked)
        if not asked:
            yield {"question": asked}  # giving nothing at all would empty what is shown
            return
        try:
            scope = _scope(articles, outlets, since, until)
        except QuestionInvalid as error:
            notice = _message(html.notice_html(_bad_period(error, language)))
            yield {"talk": [*html.conversation(turns, language), *notice], "question": asked}
            return
        yield from self._asked(turns, chat.begun(turns, asked, scope=scope), stored, identity, language)

    def _asked(
        self, before: Sequence[Turn], turn: Turn, stored: object, identity: str, language: str
    ) -> Iterator[Shown]:
        before = list(before)[1 - chat.KEPT_TURNS :]
        identity = chat.conversation_id(identity)
        turns = [*before, turn]
        yield {"turns": turns, "talk": html.conversation(turns, language), "question": "", "identity": identity}
        answered = False
        for stage in chat.steps(self.assistant, turn):
            turns = [*before, stage]
            yield {"turns": turns, "talk": html.conversation(turns, language)}
            if stage.answer and not answered:
                answered = True
                kept = chat.with_conversation(chat.conversations(stored), _kept(turns, stored, identity))
                yield {"source": self._source(turns, f"beleg-{turn.number}-1", language), "stored": kept}
        if turns[-1].notice:  # what could not be asked can be mended
            yield {"question": turn.asked, "source": self._source([], "", language)}

    def stop(self, turns: list[Turn], language: str) -> Shown:
        """Tell that a question was given up."""
        turns = [turn if turn.ended else replace(turn, notice="stopped") for turn in turns]
        return {"turns": turns, "talk": html.conversation(turns, language)}

    def overdue(self, turns: list[Turn], seconds: int, language: str) -> Shown:
        """Tell that a question was given up after so many seconds."""
        told = {"seconds": seconds}
        turns = [turn if turn.ended else replace(turn, notice="overdue", told=told) for turn in turns]
        return {"turns": turns, "talk": html.conversation(turns, language)}

    def begin_anew(self, language: str) -> Shown:
        """An empty conversation, of all articles."""
        source = self._source([], "", language)
        return {"turns": [], "talk": [], "question": "", "source": source, "identity": "", **self.widen(language)}

    def narrow(self, articles: list[str], outlets: list[str], since: str, until: str, language: str) -> Shown:
        """Tell, where the choices can be unfolded, what the next question is asked of; offer the way back."""
        words = PAGE[language]
        try:
            scope = _scope(articles, outlets, since, until)
        except QuestionInvalid as error:
            return {"scope": Label(_bad_period(error, language)), "everywhere": Visible(True)}
        named = chat.named_articles(scope, self.news_index.catalogue)
        told = render.scope_text(scope, named, language)
        label = words["in_scope"].format(told) if told else words["scope"]
        return {"scope": Label(label), "everywhere": Visible(bool(told))}

    def widen(self, language: str) -> Shown:
        """Let the next question be asked of all articles."""
        return self._scoped(EVERYTHING, language)

    def _scoped(self, scope: Scope, language: str) -> Shown:
        """The fields of the scope as they are where the next question is asked of it, without what has gone."""
        here = chat.named_articles(scope, self.news_index.catalogue)
        outlets = collection.outlets(self.news_index.entries()) if scope.publishers else []
        fields: dict[str, Any] = {
            "articles": [name for name in scope.articles if name in here],
            "outlets": [name for name in scope.publishers if name in outlets],
            "since": scope.since or "",
            "until": scope.until or "",
        }
        return {**fields, **self.narrow(**fields, language=language)}

    def act(self, clicked: str, turns: list[Turn], stored: object, identity: str, language: str) -> Iterator[Shown]:
        """Do what a click in the conversation or the source asks for."""
        action = html.parse_action(clicked)
        turn = next((turn for turn in turns if action and turn.number == action.number(0)), None)
        name = action.name if action else ""
        before = [other for other in turns if turn and other.number < turn.number]
        if action and name == "woertlich" and turn:
            again = chat.begun(before, turn.asked, scope=turn.scope, literal=True)
            yield from self._asked(before, again, stored, identity, language)
        elif action and name == "ueberall" and turn:
            again = chat.begun(before, turn.asked, literal=not turn.understood.carried)
            yield self.widen(language)
            yield from self._asked(before, again, stored, identity, language)
        elif action and name == "meinten" and turn and turn.corrected:
            again = chat.begun(before, turn.corrected, scope=turn.scope, literal=True)
            yield from self._asked(before, again, stored, identity, language)
        elif action and name == "urteil" and turn:
            try:
                turns = [self._judged(turn, action) if other is turn else other for other in turns]
            except NewsError as error:
                notice = _message(_trouble(error, language))
                yield {"talk": [*html.conversation(turns, language), *notice]}
                return
            yield {"turns": turns, "talk": html.conversation(turns, language)}
        elif action and name in ("kopie", "ausfuhr"):
            yield {"handout": self._handout(action, turn, turns, language)}
        else:
            yield {"source": self._source(turns, clicked, language)}

    def _judged(self, turn: Turn, action: html.Action) -> Turn:
        judgement = action.arguments[-1]
        if turn.answer is None or judgement not in set(feedback.Judgement):
            return turn
        found = feedback.Judgement(judgement)
        after = None if found is feedback.Judgement.WITHDRAWN else found
        if after is not turn.judgement:
            feedback.keep(self.news_index.folder, turn.answer, found, at=datetime.now(UTC), scope=turn.scope)
        return replace(turn, judgement=after)

    def _handout(self, action: html.Action, turn: Turn | None, turns: Sequence[Turn], language: str) -> str:
        """What the page's script copies or saves, as JSON; empty for nothing."""
        form = action.arguments[-1] if action.arguments else ""
        if action.name == "kopie" and turn and turn.answer and form in set(exporting.Form):
            given = {"copy": exporting.answer_as(turn.answer, exporting.Form(form), language)}
        elif action.name == "ausfuhr" and form in set(exporting.ConversationForm):
            answered = [
                exporting.Exchange(
                    turn.asked,
                    turn.answer,
                    turn.understood.question if turn.understood.carried else None,
                    turn.scope,
                    turn.named,
                )
                for turn in turns
                if turn.answer
            ]
            now = datetime.now().astimezone()
            text = exporting.conversation_as(answered, exporting.ConversationForm(form), language, now)
            ending = {"markdown": "md", "json": "json", "page": "html"}[form]
            given = {"save": text, "name": f"belegstelle-{now:%Y-%m-%d-%H%M}.{ending}"}
        else:
            return ""
        return json.dumps({**given, "id": uuid.uuid4().hex}, ensure_ascii=False)  # the same twice is a change, too

    def _source(self, turns: Sequence[Turn], clicked: str, language: str) -> Messages:
        return _message(self.source_html(turns, clicked, language))

    def source_html(self, turns: Sequence[Turn], clicked: str, language: str) -> str:
        """The article of the clicked citation, passage or link, with what was cited from it marked."""
        words = PAGE[language]
        if place := html.parse_place(clicked):
            article = self.news_index.catalogue.article(place.article_id)
            if article is None:
                return html.notice_html(words["unknown_link"])
            marks = [html.Mark(place.start, place.end, current=True)] if place.start < place.end else []
            return html.article_html(article, marks, language)
        action = html.parse_action(clicked)
        turn = next((turn for turn in turns if action and turn.number == action.number(0)), None)
        if action and turn and turn.answer and action.name == "beleg":
            for citation in turn.answer.citations:
                if citation.marker == action.number(1):
                    return html.citation_html(turn, citation, language)
        if action and turn and action.name == "stelle":
            for hit in turn.passages or ():
                if hit.rank == action.number(1):
                    mark = html.Mark(hit.passage.start, hit.passage.end, current=True)
                    return html.article_html(hit.article, [mark], language)
        return html.notice_html(words["no_source"])

    # the collection

    def sift(
        self,
        find: str,
        outlet: str,
        since: str,
        until: str,
        order: str,
        rows: int,
        removed: Removed | None,
        language: str,
    ) -> Shown:
        """The articles that fit, as a list."""
        sifting = Sifting(find, outlet, since, until, order, rows)
        return {"listed": self._list(sifting, language, message=self._way_back(removed, language))}

    def _way_back(self, removed: Removed | None, language: str) -> str:
        """The way back to what was removed and has not come anew."""
        if removed is None or self.news_index.catalogue.article(removed.article.id):
            return ""
        return html.removed_html(removed.article.title, language)

    def _list(self, sifting: Sifting, language: str, *, removing: str = "", message: str = "") -> Messages:
        entries = self.news_index.entries()
        days: list[str | None] = []
        for typed, day in ((sifting.since, _first_day), (sifting.until, _last_day)):
            try:
                days.append(day(typed))
            except QuestionInvalid as error:
                days.append(None)
                message += html.notice_html(_bad_period(error, language))
        try:
            checked_period(days[0], days[1], ("since", "until"))
        except PeriodInvalid as error:
            message += html.notice_html(_bad_period(error, language))
        kept = collection.arranged(
            entries,
            find=sifting.find or "",
            outlet=sifting.outlet or "",
            since=days[0],
            until=days[1],
            order=Order(sifting.order or Order.DATE),
        )
        listed = html.collection_html(
            kept, language, shown=sifting.rows, of_all=len(entries), removing=removing, message=message
        )
        return _message(listed)

    def tidy(
        self,
        clicked: str,
        find: str,
        outlet: str,
        since: str,
        until: str,
        order: str,
        rows: int,
        removed: Removed | None,
        articles: list[str],
        outlets: list[str],
        language: str,
    ) -> Shown:
        """Do what a click in the collection asks for; what is removed leaves the scope, too."""
        words = PAGE[language]
        action = html.parse_action(clicked)
        name, identity = (action.name, (*action.arguments, "")[0]) if action else ("", "")
        message, removing = self._way_back(removed, language), ""
        shown: Shown = {}
        try:
            if name == "lesen":
                article = self.news_index.catalogue.article(identity)
                gone = html.notice_html(words["unknown_link"])
                return {"reading": _message(html.article_html(article, [], language) if article else gone)}
            if name == "entfernen":
                removing = identity
            elif name == "ja":
                done = collection.remove(self.news_index, identity)
                if done:
                    message = html.removed_html(done.article.title, language)
                    shown = {"removed": done, **self._counted(language, articles, outlets)}
                else:
                    message = html.notice_html(words["unknown_link"])
            elif name == "zurueck" and removed:
                self.news_index.put_back(removed.article, removed.sources)
                message = html.notice_html(words["restored"].format(removed.article.title))
                shown = {"removed": None, **self._counted(language, articles, outlets)}
            elif name == "mehr":
                rows += ROWS
                shown = {"rows": rows}
        except NewsError as error:
            message = _trouble(error, language)
        sifting = Sifting(find, outlet, since, until, order, rows)
        return {**shown, "listed": self._list(sifting, language, removing=removing, message=message)}

    def upload(
        self,
        paths: list[str] | None,
        find: str,
        outlet: str,
        since: str,
        until: str,
        order: str,
        rows: int,
        articles: list[str],
        outlets: list[str],
        language: str,
    ) -> Iterator[Shown]:
        """Add uploaded files: tell how far it is after each, at the end what came and what was skipped, and why."""
        words = PAGE[language]
        files = [Path(path) for path in paths or []]
        every: list[Came] = []
        skipped: list[tuple[str, str]] = []
        trouble = ""
        try:
            for done, received in enumerate(collection.receive(self.news_index, files), start=1):
                every += received.came
                skipped += [(received.name, reason(why, language)) for why in received.reasons]
                doing = words["upload_doing"].format(done=done, all=len(files), name=received.name)
                yield {"listed": _message(html.notice_html(doing))}
        except NewsError as error:
            trouble = _trouble(error, language)
        came = list(dict.fromkeys(every))  # two files may hold the same
        counts = {str(change): sum(one.change is change for one in came) for change in Change}
        summary = words["upload_done"].format(**counts, skipped=len(skipped))
        report = trouble + html.report_html(summary, came, skipped, language)
        listed = self._list(Sifting(find, outlet, since, until, order, rows), language, message=report)
        yield {"upload": None, "listed": listed, **self._counted(language, articles, outlets)}

    def _counted(self, language: str, articles: Sequence[str] = (), outlets: Sequence[str] = ()) -> Shown:
        """What depends on which articles there are: the line on top, the outlets to sift by, the scope's choices.

        `articles` and `outlets` are what was chosen for the scope.
        """
        entries = self.news_index.entries()
        known_outlets = tuple((outlet, outlet) for outlet in collection.outlets(entries))
        by_title = collection.arranged(entries, order=Order.TITLE)
        scope_names = collection.scope_names(by_title, self.news_index.catalogue.sources())
        names = tuple(zip(collection.labels(by_title, language), scope_names, strict=True))
        status = html.status_text(self.news_index.catalogue.counts(), collection.period(entries), language)
        return {
            "status": f"{PAGE[language]['motto']} {status}",
            "outlet": Choices(((PAGE[language]["all_outlets"], ""), *known_outlets)),
            "articles": Choices(names).after(articles),
            "outlets": Choices(known_outlets).after(outlets),
        }

    # conversations that were

    def recent(self, stored: object, find: str, language: str) -> Shown:
        """The conversations of this browser that hold the words."""
        return {"history": self._history(stored, find, language)}

    def _history(self, stored: object, find: str, language: str, *, deleting: str = "") -> Messages:
        known = chat.conversations(stored)
        found = chat.sifted(known, find or "")
        return _message(html.history_html(found, language, any_kept=bool(known), deleting=deleting))

    def recall(self, clicked: str, stored: object, find: str, language: str) -> Iterator[Shown]:
        """Do what a click in the history asks for: open a conversation anew, rename it, or delete it when sure."""
        action = html.parse_action(clicked)
        identity = (*action.arguments, "")[0] if action else ""
        name = action.name if action else ""
        known = chat.conversations(stored)
        one = next((kept for kept in known if kept["id"] == identity), None)
        if name == "behalten" or one is None:
            yield {"history": self._history(known, find, language)}
        elif name == "loeschen":
            yield {"history": self._history(known, find, language, deleting=identity)}
        elif name == "weg":
            known = chat.without(known, identity, datetime.now(UTC))
            yield {"stored": known, "history": self._history(known, find, language)}
        elif name == "umbenennen":
            yield {"naming": Visible(True), "new_title": str(one["title"]), "renaming": identity}
        else:
            yield from self._opened(one, identity, language)

    def _opened(self, one: Kept, identity: str, language: str) -> Iterator[Shown]:
        """A kept conversation, asked anew question by question, in the scope of the last one."""
        again = _message(html.notice_html(PAGE[language]["asked_again"]))
        turns: list[Turn] = []
        # no id before all is there, or what is asked meanwhile would be kept instead of what is still to come
        yield {"turns": turns, "talk": again, "identity": ""}
        for turns in chat.asked_again(self.assistant, one):
            yield {"turns": turns, "talk": [*again, *html.conversation(turns, language)]}
        shown: Shown = {"identity": identity}
        if turns:
            shown["source"] = self._source(turns, f"beleg-{turns[-1].number}-1", language)
            shown |= self._scoped(turns[-1].scope, language)
        yield shown

    def keep_title(self, _language: str) -> Shown:
        """Give a renaming up."""
        return {"naming": Visible(False)}

    def rename(self, title: str, identity: str, stored: object, find: str, language: str) -> Shown:
        """Give a conversation another name."""
        known = chat.renamed(chat.conversations(stored), identity, title, datetime.now(UTC))
        return {"stored": known, "history": self._history(known, find, language), "naming": Visible(False)}


def _trouble(error: NewsError, language: str) -> str:
    """A notice that something did not work; what it was may name folders of this computer, so the log alone says it."""
    words = PAGE[language]
    if isinstance(error, IndexBusy):
        return html.notice_html(words["busy"])
    identity = uuid.uuid4().hex[:8]
    logger.error("error %s: %s", identity, error)
    return html.notice_html(words["trouble"].format(id=identity))


def _message(content: str) -> Messages:
    return [{"role": "assistant", "content": content}]


def _scope(articles: list[str], outlets: list[str], since: str, until: str) -> Scope:
    """The scope that the page's fields hold. Raises QuestionInvalid as `_bad_period` tells it."""
    days = checked_period(_first_day(since), _last_day(until), ("since", "until"))
    return Scope(tuple(articles or ()), tuple(outlets or ()), *days)


def _first_day(typed: str | None) -> str | None:
    period = _period(typed)
    return period and period[0]


def _last_day(typed: str | None) -> str | None:
    period = _period(typed)
    return period and period[1]


def _period(text: str | None) -> tuple[str, str] | None:
    """A day, month or year as people write it; None for nothing. Raises QuestionInvalid that holds what is neither."""
    typed = chat.whole(text or "").strip()
    period = written_period(typed) if typed else None
    if typed and period is None:
        raise QuestionInvalid(typed)
    return period


def _bad_period(error: QuestionInvalid, language: str) -> str:
    """What is wrong with the days of a scope."""
    words = PAGE[language]
    return words["bad_period"] if isinstance(error, PeriodInvalid) else words["bad_date"].format(error)


def _kept(turns: Sequence[Turn], stored: object, identity: str) -> Kept:
    """The conversation as the browser keeps it; a name that it was given stays."""
    before = next((one for one in chat.conversations(stored) if one["id"] == identity), None)
    title = str(before["title"]) if before else next(turn.asked for turn in turns if turn.answer)
    return chat.kept(turns, title, identity, datetime.now(UTC))
