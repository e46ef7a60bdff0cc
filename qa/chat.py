"""A conversation: its turns, follow-ups made whole from what came before, and what is kept of it in the browser."""

import logging
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from index.catalogue import Catalogue
from index.errors import IndexMissing, NewsError, QuestionInvalid
from index.store import EVERYTHING, Scope
from index.types import Article, Hit
from qa.answers import Assistant
from qa.collection import holds_words
from qa.dialogue import Earlier, Understood, understand
from qa.feedback import Judgement
from qa.question_files import checked_date
from qa.types import Answer

KEPT_TURNS = 20  # of a conversation
KEPT_CONVERSATIONS = 50  # in the browser
_LONGEST_TITLE = 120  # characters
_ID = re.compile(r"[0-9a-f]{8}")
_TIME = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-[0-3][0-9]T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[+-][0-9]{2}:[0-9]{2})?")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with what came of it: an answer, or a notice why there is none, or neither while it is worked on."""

    number: int  # from 1
    asked: str  # as it was typed
    understood: Understood
    scope: Scope = EVERYTHING
    passages: tuple[Hit, ...] | None = None  # None until they are found
    answer: Answer | None = None
    notice: str = ""  # key of the words that tell why there is no answer
    told: Mapping[str, object] = field(default_factory=dict)  # what the notice's words need
    judgement: Judgement | None = None
    named: Mapping[str, Article] = field(default_factory=dict)  # the articles that the scope names
    corrected: str | None = None  # the question as it was probably meant, where it seems misspelt

    @property
    def searches(self) -> bool:
        """Whether its passages are still to be found."""
        return self.passages is None and not self.ended

    @property
    def ended(self) -> bool:
        """Whether it has its answer, or a notice why there is none."""
        return bool(self.answer or self.notice)


def conversation_id(given: str | None) -> str:
    """The id of a conversation that the page gives, or a new one where it is none."""
    return given if given and _ID.fullmatch(given) else uuid.uuid4().hex[:8]


def whole(text: str) -> str:
    """The text with "?" for half characters, which a broken paste leaves and which can be neither sent nor stored."""
    return text.encode("utf-8", "replace").decode("utf-8")


def begun(turns: Sequence[Turn], asked: str, *, scope: Scope = EVERYTHING, literal: bool = False) -> Turn:
    """The next turn, its question made whole from the conversation unless it is to be taken literally."""
    number = turns[-1].number + 1 if turns else 1
    understood = Understood(asked) if literal else understand(asked, earlier(turns))
    return Turn(number, asked, understood, scope)


def earlier(turns: Sequence[Turn]) -> list[Earlier]:
    """What a follow-up may lean on, oldest first."""
    results = []
    for turn in turns:
        if turn.answer is None:
            continue
        first = turn.answer.citations[0] if turn.answer.citations else None
        results.append(
            Earlier(
                turn.understood.question,
                turn.answer.short_answer,
                first.sentence.text if first else None,
                first.article.title if first else None,
                answered=not turn.answer.abstained,
            )
        )
    return results


def steps(assistant: Assistant, turn: Turn) -> Iterator[Turn]:
    """The turn as it goes on: with its passages, then with its answer; or with a notice, whatever goes wrong.

    A refusal comes once more where the question seems misspelt.
    """
    allowed = assistant.settings.longest_question
    try:
        question = assistant.checked(turn.understood.question)
        named = named_articles(turn.scope, assistant.news_index.catalogue)
        turn = replace(turn, passages=tuple(assistant.retrieve(question, scope=turn.scope)), named=named)
        yield turn
        answer = assistant.answer(question, turn.passages or ())
        turn = replace(turn, answer=answer)
        yield turn
        if answer.abstained and (corrected := _corrected(assistant, turn)):
            yield replace(turn, corrected=corrected)
    except QuestionInvalid:
        found = len(" ".join(turn.understood.question.split()))
        notice = "long_question" if found > allowed else "empty_question"
        yield replace(turn, asked=turn.asked[:allowed], notice=notice, told={"found": found, "allowed": allowed})
    except IndexMissing:
        yield replace(turn, notice="empty_index")
    except Exception as error:  # the page must go on; the log says what happened
        identity = uuid.uuid4().hex[:8]
        logger.error("error %s: %s", identity, error, exc_info=not isinstance(error, NewsError))
        yield replace(turn, notice="failed", told={"id": identity})


def _corrected(assistant: Assistant, turn: Turn) -> str | None:
    """As the assistant has it; what goes wrong with that takes no answer away."""
    try:
        return assistant.corrected(turn.understood.question, scope=turn.scope)
    except Exception as error:
        logger.error("no correction: %s", error, exc_info=not isinstance(error, NewsError))
        return None


def named_articles(scope: Scope, catalogue: Catalogue) -> dict[str, Article]:
    """The articles that a scope names, by those names, which are ids or the names of files."""
    if not scope.articles:
        return {}
    files = {source.name: source.article_id for source in catalogue.sources()}
    found = {name: catalogue.article(files.get(name, name)) for name in scope.articles}
    return {name: article for name, article in found.items() if article}


# what the browser keeps: questions only, which are asked again when a conversation is opened

Kept = dict[str, object]


def kept(turns: Sequence[Turn], title: str, identity: str, at: datetime) -> Kept:
    """A conversation as the browser keeps it."""
    questions = [
        {"asked": turn.asked, "literal": not turn.understood.carried, **_kept_scope(turn.scope)}
        for turn in turns
        if turn.answer
    ]
    return {"id": identity, "title": title[:_LONGEST_TITLE], "at": at.isoformat(timespec="seconds"), "turns": questions}


def conversations(stored: object) -> list[Kept]:
    """What of a browser's store is a conversation, without anything else; anyone may have changed it."""
    found = map(_conversation, stored if isinstance(stored, list) else [])
    return [one for one in found if one][:KEPT_CONVERSATIONS]


def _conversation(one: object) -> Kept | None:
    match one:
        case {"id": str(identity), "title": str(title), "at": str(at), "turns": list(turns), **more}:
            questions = [_question(turn) for turn in turns[-KEPT_TURNS:]]
            if None not in questions and _ID.fullmatch(identity) and _TIME.fullmatch(at):
                changed = more.get("changed")
                renamed = {"changed": changed} if isinstance(changed, str) and _TIME.fullmatch(changed) else {}
                return {"id": identity, "title": whole(title)[:_LONGEST_TITLE], "at": at, "turns": questions, **renamed}
    return None


def _question(turn: object) -> dict[str, object] | None:
    match turn:
        case {"asked": str(asked), **more}:
            return {
                "asked": whole(asked),
                "literal": more.get("literal") is True,
                **_kept_scope(_scope(more.get("scope"))),
            }
    return None


def _kept_scope(scope: Scope) -> dict[str, object]:
    """A scope as the browser keeps it; nothing for everything."""
    if scope == EVERYTHING:
        return {}
    names = {"articles": list(scope.articles), "publishers": list(scope.publishers)}
    return {"scope": {**names, "since": scope.since, "until": scope.until}}


def _scope(stored: object) -> Scope:
    """A scope that the browser kept; everything where it is none."""
    match stored:
        case {"articles": list(articles), "publishers": list(publishers), "since": since, "until": until}:
            names = [tuple(whole(name) for name in found if isinstance(name, str)) for found in (articles, publishers)]
            try:
                return Scope(names[0], names[1], checked_date(since, ""), checked_date(until, ""))
            except QuestionInvalid:
                pass
    return EVERYTHING


def with_conversation(stored: Sequence[Kept], conversation: Kept) -> list[Kept]:
    """The store with one conversation new or changed, the newest first."""
    others = [one for one in stored if one["id"] != conversation["id"]]
    return [conversation, *others][:KEPT_CONVERSATIONS]


def without(stored: Sequence[Kept], identity: str, at: datetime) -> list[Kept]:
    """The store without one conversation, and with a word that it was deleted, for the browser's other pages."""
    deleted: Kept = {"id": identity, "at": at.isoformat(timespec="seconds"), "deleted": True}
    return [*(one for one in stored if one["id"] != identity), deleted]


def sifted(stored: Sequence[Kept], find: str) -> list[Kept]:
    """The conversations whose name or questions hold all the words."""
    return [one for one in stored if holds_words(" ".join([str(one["title"]), *_questions(one)]), find)]


def _questions(one: Kept) -> list[str]:
    turns = one["turns"]
    return [turn["asked"] for turn in turns] if isinstance(turns, list) else []


def renamed(stored: Sequence[Kept], identity: str, title: str, at: datetime) -> list[Kept]:
    """The store with another name for one conversation; an empty one changes nothing."""
    title = " ".join(whole(title).split())[:_LONGEST_TITLE]
    change = {"title": title, "changed": at.isoformat(timespec="seconds")}
    return [{**one, **change} if title and one["id"] == identity else one for one in stored]


def asked_again(assistant: Assistant, one: Kept) -> Iterator[list[Turn]]:
    """The turns of a kept conversation, answered from what the articles say now, as they go on."""
    turns: list[Turn] = []
    kept_turns = one["turns"]
    for question in kept_turns[-KEPT_TURNS:] if isinstance(kept_turns, list) else []:
        scope = _scope(question.get("scope"))
        turn = begun(turns, question["asked"], scope=scope, literal=question.get("literal") is True)
        yield [*turns, turn]
        for stage in steps(assistant, turn):
            yield [*turns, stage]
        turns = [*turns, stage]
