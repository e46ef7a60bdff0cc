"""Reads question files: JSON Lines as the README describes them, and SQuAD JSON (v1.1 and v2.0)."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from index.errors import QuestionInvalid
from index.store import EVERYTHING, Scope

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


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


def read_questions(path: Path) -> tuple[list[Question], list[str]]:
    """The questions of a file in order, and one line for each bad entry that names where it stands and what is wrong.

    Raises QuestionInvalid where the file cannot be read at all.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise QuestionInvalid(f"{path} cannot be read ({error.strerror}); name a file of questions") from error
    except UnicodeDecodeError as error:
        raise QuestionInvalid(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    squad = _squad(text)
    entries = _squad_entries(squad, path) if squad is not None else _json_lines(text, path)
    questions: list[Question] = []
    faults: list[str] = []
    seen: set[str] = set()
    for place, entry in entries:
        try:
            question = _question(entry)
            if question.id in seen:
                raise QuestionInvalid(f"the id {question.id!r} stands there twice")
        except QuestionInvalid as error:
            faults.append(f"{place}: {error}")
            continue
        seen.add(question.id)
        questions.append(question)
    return questions, faults


def _squad(text: str) -> list[object] | None:
    """The `data` of a SQuAD file; None if the text is something else."""
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    data = parsed.get("data") if isinstance(parsed, dict) else None
    return data if isinstance(data, list) else None


def _squad_entries(data: list[object], path: Path) -> Iterable[tuple[str, object]]:
    number = 0
    for article in data:
        for paragraph in _list(article, "paragraphs"):
            for qa in _list(paragraph, "qas"):
                number += 1
                if not isinstance(qa, dict):
                    yield f"{path}, question {number}", qa
                    continue
                answers = [str(answer.get("text", "")) for answer in _list(qa, "answers") if isinstance(answer, dict)]
                answerable = not qa.get("is_impossible", False)
                yield (
                    f"{path}, question {number}",
                    {
                        "id": qa.get("id"),
                        "question": qa.get("question"),
                        "answerable": answerable,
                        "answers": list(dict.fromkeys(answers)),
                    },
                )


def _list(parent: object, key: str) -> list[object]:
    value = parent.get(key) if isinstance(parent, dict) else None
    return value if isinstance(value, list) else []


def _json_lines(text: str, path: Path) -> Iterable[tuple[str, object]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield f"{path}:{number}", json.loads(line)
        except (ValueError, RecursionError):
            yield f"{path}:{number}", None


def _question(entry: object) -> Question:
    """Check one entry. Raises QuestionInvalid."""
    if not isinstance(entry, dict):
        raise QuestionInvalid('is no JSON object like {"id": "q1", "question": "Wann beginnt die Messe?"}')
    try:
        json.dumps(entry, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise QuestionInvalid("holds half a character such as \\ud83d; write the text as it is, in UTF-8") from error
    text = _text(entry, "question")
    gold = entry.get("gold", [])
    answers = entry.get("answers", [])
    if not isinstance(gold, list) or not isinstance(answers, list):
        raise QuestionInvalid("'gold' and 'answers' must be lists")
    answerable = entry.get("answerable")
    if answerable is not None and not isinstance(answerable, bool):
        raise QuestionInvalid("'answerable' must be true or false")
    return Question(
        id=_text(entry, "id"),
        text=text,
        scope=_scope(entry),
        history=_names(entry, "history", "questions"),
        answerable=answerable,
        answers=tuple(str(answer) for answer in answers),
        gold=tuple(_gold(item) for item in gold),
        all_needed=entry.get("all") is True,
        type=str(entry["type"]) if entry.get("type") else None,
        language=str(entry["lang"]) if entry.get("lang") else None,
    )


def _text(entry: Mapping[str, object], key: str) -> str:
    value = entry.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and key == "id":
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise QuestionInvalid(f"has no {key!r}")
    return value


def _gold(item: object) -> Gold:
    if isinstance(item, dict) and isinstance(item.get("article"), str) and isinstance(item.get("sentence"), str):
        return Gold(item["article"], item["sentence"])
    raise QuestionInvalid('\'gold\' must hold objects like {"article": "a.txt", "sentence": "…"}')


def _scope(entry: Mapping[str, object]) -> Scope:
    return Scope(
        _names(entry, "articles", "file names"),
        _names(entry, "publishers", "names"),
        checked_date(entry.get("since"), "'since'"),
        checked_date(entry.get("until"), "'until'"),
    )


def _names(entry: Mapping[str, object], key: str, what: str) -> tuple[str, ...]:
    names = entry.get(key) or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise QuestionInvalid(f"{key!r} must be a list of {what}")
    return tuple(names)


def checked_date(value: object, what: str) -> str | None:
    """A date as YYYY-MM-DD, or None for none. Raises QuestionInvalid, which names `what`."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass  # a day that is in no calendar
    raise QuestionInvalid(f"{what} must be a date like 2025-11-30, not {value!r}")
