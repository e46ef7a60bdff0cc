"""Reads question files: JSON Lines as the README describes them, and the forms of `qa.question_formats`."""

import json
import re
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from index.errors import QuestionInvalid
from index.store import EVERYTHING, Scope
from qa import question_formats as formats

_LONGEST_ID = 1000  # characters
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 100  # a fault is one line that can be read


@dataclass(frozen=True, slots=True)
class Gold:
    """A sentence that answers a question."""

    article: str  # file name
    sentence: str


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a question file; all but id, text, scope and history is for scoring."""

    id: str
    text: str
    scope: Scope = EVERYTHING
    answerable: bool | None = None
    answers: tuple[str, ...] = ()
    gold: tuple[Gold, ...] = ()
    all_needed: bool = False
    type: str | None = None
    language: str | None = None
    history: tuple[str, ...] = ()  # the questions of the conversation before it, oldest first
    relevant: tuple[tuple[str, int], ...] = ()  # where whole articles are judged: name, grade above 0
    conflict: bool | None = None  # whether the sources disagree
    # where it stands, as in "questions.jsonl:3"; the same question elsewhere is the same
    place: str = field(default="", compare=False, repr=False)


def read_questions(path: Path, *, qrels: Path | None = None) -> tuple[list[Question], list[str]]:
    """The questions of a file in order, and one line for each bad entry that names where it stands and what is wrong.

    Reads JSON Lines as the README describes them, SQuAD JSON, TREC topics (SGML, or lines of an id, a tab and a
    question), CSV with a header, and BEIR folders. `qrels` is a file of judgements of whole articles, in the form of
    TREC or BEIR; articles go by their file names in the index, kept as they are given there. Of a BEIR folder the
    questions of one split are read: `qrels`, else `qrels/test.tsv`, else the only one there is.

    Raises QuestionInvalid where the file cannot be read at all.
    """
    judged: formats.Grades = {}
    faults: list[str] = []
    if formats.is_folder(path):
        queries = path / "queries.jsonl"
        text = formats.read_text(queries)
        judged, faults = formats.beir_judgements(path, qrels)
        entries: Iterable[formats.Entry] = formats.beir_entries(text, queries, judged)
    else:
        entries = _entries(formats.read_text(path, by_line=True), path)
        if qrels:
            judged, faults = formats.read_judgements(qrels)
    questions: dict[str, Question] = {}
    for place, entry in entries:
        try:
            question = _question(entry, place)
            if question.id in questions:
                question = _joined(questions[question.id], question, rows=isinstance(entry, formats.Row))
        except QuestionInvalid as error:
            faults.append(f"{place}: {error}")
            continue
        except RecursionError:
            faults.append(f"{place}: is nested too deeply; write it as the README describes it")
            continue
        questions[question.id] = question
    if qrels and questions and not judged.keys() & questions.keys():
        raise QuestionInvalid(f"{qrels} judges none of the questions of {path}; name the judgements of these")
    return [_judged(question, judged.get(question.id, {})) for question in questions.values()], faults


def _entries(text: str, path: Path) -> Iterable[formats.Entry]:
    """The entries of a file, whose form shows in how it begins."""
    if (data := formats.squad_data(text)) is not None:
        return formats.squad_entries(data, path)
    if text.lstrip().startswith("{"):
        return formats.json_lines(text, path)
    if formats.is_topics(text):
        return formats.topic_entries(text, path)
    if header := formats.csv_columns(text):
        return formats.csv_entries(text, path, *header)
    return formats.table_entries(text, path) if formats.is_table(text) else formats.json_lines(text, path)


def _joined(known: Question, again: Question, *, rows: bool) -> Question:
    """The question of an earlier row of a table with what a further row adds. Raises QuestionInvalid for another."""
    if not rows or known.text != again.text:
        raise QuestionInvalid(f"the id {_SHORT.repr(again.id)} stands there twice")
    return replace(
        known,
        answerable=again.answerable if known.answerable is None else known.answerable,
        answers=tuple(dict.fromkeys(known.answers + again.answers)),
        gold=tuple(dict.fromkeys(known.gold + again.gold)),
    )


def _judged(question: Question, grades: Mapping[str, int]) -> Question:
    return replace(question, relevant=tuple({**dict(question.relevant), **grades}.items())) if grades else question


def _question(entry: object, place: str) -> Question:
    """Check one entry, which stands there. Raises QuestionInvalid."""
    if isinstance(entry, QuestionInvalid):
        raise entry
    if not isinstance(entry, dict):
        raise QuestionInvalid('is no JSON object like {"id": "q1", "question": "Wann beginnt die Messe?"}')
    try:
        json.dumps(entry, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise QuestionInvalid("is not UTF-8, or holds half a character such as \\ud83d; save it as UTF-8") from error
    text = _text(entry, "question")
    gold = entry.get("gold", [])
    answers = entry.get("answers", [])
    if not isinstance(gold, list) or not isinstance(answers, list):
        raise QuestionInvalid("'gold' and 'answers' must be lists")
    return Question(
        id=_text(entry, "id"),
        text=text,
        scope=_scope(entry),
        history=_names(entry, "history", "questions"),
        answerable=_truth(entry, "answerable"),
        answers=tuple(str(answer) for answer in answers),
        gold=tuple(_gold(item) for item in gold),
        all_needed=entry.get("all") is True,
        type=str(entry["type"]) if entry.get("type") else None,
        language=str(entry["lang"]) if entry.get("lang") else None,
        relevant=_relevant(entry),
        conflict=_truth(entry, "conflict"),
        place=place,
    )


def _text(entry: Mapping[str, object], key: str) -> str:
    value = entry.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and key == "id":
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise QuestionInvalid(f"has no {key!r}")
    if "\0" in value:
        raise QuestionInvalid(f"{key!r} holds a NUL character; take it out")
    if key == "id" and len(value) > _LONGEST_ID:
        raise QuestionInvalid(f"'id' has {len(value):,} characters, {_LONGEST_ID:,} are allowed; shorten it")
    return value


def _truth(entry: Mapping[str, object], key: str) -> bool | None:
    value = entry.get(key)
    if value is not None and not isinstance(value, bool):
        raise QuestionInvalid(f"{key!r} must be true or false")
    return value


def _relevant(entry: Mapping[str, object]) -> tuple[tuple[str, int], ...]:
    grades = entry.get("relevant") or {}
    if not isinstance(grades, dict) or any(type(grade) is not int for grade in grades.values()):
        raise QuestionInvalid("'relevant' must be an object of file names and whole numbers like {\"a.txt\": 1}")
    return tuple((name, grade) for name, grade in grades.items() if grade > 0)


def _gold(item: object) -> Gold:
    if isinstance(item, dict) and isinstance(item.get("article"), str) and isinstance(item.get("sentence"), str):
        return Gold(item["article"], item["sentence"])
    raise QuestionInvalid('\'gold\' must hold objects like {"article": "a.txt", "sentence": "…"}')


def _scope(entry: Mapping[str, object]) -> Scope:
    return Scope(
        _names(entry, "articles", "file names"),
        _names(entry, "publishers", "names"),
        *checked_period(entry.get("since"), entry.get("until"), ("'since'", "'until'")),
    )


def _names(entry: Mapping[str, object], key: str, what: str) -> tuple[str, ...]:
    names = entry.get(key) or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise QuestionInvalid(f"{key!r} must be a list of {what}")
    return tuple(names)


class PeriodInvalid(QuestionInvalid):
    """A period that ends before it begins."""


def checked_period(since: object, until: object, what: tuple[str, str]) -> tuple[str | None, str | None]:
    """The first and the last day of a period, each as `checked_date` gives it.

    Raises QuestionInvalid where one of them is no date, PeriodInvalid where the last day is before the first.
    """
    first, last = checked_date(since, what[0]), checked_date(until, what[1])
    if first and last and last < first:
        raise PeriodInvalid(
            f"the period ends before it begins: {what[0]} is {first}, {what[1]} is {last}; "
            "exchange the two, or leave one out"
        )
    return first, last


def checked_date(value: object, what: str) -> str | None:
    """A date as YYYY-MM-DD, or None for none. Raises QuestionInvalid, which names `what`."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass  # a day that is in no calendar
    raise QuestionInvalid(f"{what} must be a date like 2025-11-30, not {_SHORT.repr(value)}")
