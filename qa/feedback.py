"""Keeps what people thought of answers, beside the index: INDEX/feedback.jsonl, one judgement a line."""

import errno
import json
import logging
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from index.errors import InputInvalid, QuestionInvalid
from index.store import EVERYTHING, Scope
from qa import render
from qa.question_files import Gold, checked_date
from qa.types import Answer

FILE_NAME = "feedback.jsonl"

logger = logging.getLogger(__name__)


class Judgement(StrEnum):
    """What a person thought of an answer."""

    RIGHT = "right"
    WRONG = "wrong"
    EVIDENCE = "evidence"  # the answer may be right, but what is cited does not prove it
    WITHDRAWN = "withdrawn"  # nothing after all


@dataclass(frozen=True, slots=True)
class Feedback:
    """A judgement with the answer that it is about."""

    question: str
    language: str  # of the question
    scope: Scope
    judgement: Judgement
    at: datetime
    text: str  # of the answer
    short_answer: str | None
    abstained: bool
    cited: tuple[Gold, ...]  # best first; empty if abstained


def keep(folder: Path, answer: Answer, judgement: Judgement, *, at: datetime, scope: Scope = EVERYTHING) -> None:
    """Append a judgement to the feedback of an index folder; it is on disk when this returns.

    Threads and processes may do so at the same time. Raises InputInvalid where the file cannot be written.
    """
    shown = render.answer_object(answer, "")
    entry = {
        "question": answer.question,
        "language": answer.language,
        "scope": _scope_fields(scope),
        "judgement": judgement,
        "at": at.isoformat(),
        "answer": {key: value for key, value in shown.items() if key not in ("id", "question", "passages")},
    }
    # the name of a file in the scope may hold half a character, which the backslash makes an escape of JSON
    line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "backslashreplace")
    path = folder / FILE_NAME
    try:
        _append(path, line)
    except OSError as error:
        raise InputInvalid(
            f"{path} cannot be written ({error.strerror}); make room and see to it that the folder is yours"
        ) from error


def _append(path: Path, line: bytes) -> None:
    """Append a line in one write, so that writers do not mix; a line that a crash cut off is ended first."""
    path.touch(mode=0o600)
    with path.open("a+b", buffering=0) as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(size - 1, 0))
        cut_off = stream.read(1) not in (b"", b"\n")  # at worst it is another's line, and an empty line does no harm
        data = b"\n" * cut_off + line + b"\n"
        if stream.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(stream.fileno())


def read(folder: Path) -> list[Feedback]:
    """The feedback on an index, oldest first; none where nothing was judged.

    Of several judgements on the same answer to the same question in the same scope, the last one counts, in the place
    of the first, and none where that was withdrawn. A damaged line is left out with a warning. Raises InputInvalid
    where the file cannot be read.
    """
    path = folder / FILE_NAME
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InputInvalid(f"{path} cannot be read ({error.strerror}); give yourself the permission to") from error
    latest: dict[tuple[object, ...], Feedback] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            feedback = _feedback(line)
        except ValueError as error:
            logger.warning("%s:%d is damaged and left out (%s)", path, number, error)
            continue
        latest[feedback.question, feedback.scope, feedback.text, feedback.cited] = feedback
    return [judged for judged in latest.values() if judged.judgement is not Judgement.WITHDRAWN]


def question_rows(feedback: Sequence[Feedback]) -> list[dict[str, object]]:
    """The rows of a question file that asks for what people found right, or missed.

    What the right answer would have been is not known where one was wrong; such a question is not scored, and its
    `note` tells the wrong answer.
    """
    return [
        {
            "id": f"f{number}",
            "question": judged.question,
            "lang": judged.language,
            **_scope_fields(judged.scope),
            **_expected(judged),
        }
        for number, judged in enumerate(feedback, start=1)
    ]


def _expected(judged: Feedback) -> dict[str, object]:
    """What a judgement tells of the right answer, as fields of a question file."""
    if judged.judgement is Judgement.WRONG:
        return {"answerable": True} if judged.abstained else {"note": f"the answer given was wrong: {judged.text}"}
    if judged.abstained:
        return {"answerable": judged.judgement is not Judgement.RIGHT}
    expected: dict[str, object] = {"answerable": True}
    if judged.short_answer:
        expected["answers"] = [judged.short_answer]
    if judged.judgement is Judgement.RIGHT:
        expected["gold"] = [asdict(gold) for gold in judged.cited[:1]]
    return expected


def _scope_fields(scope: Scope) -> dict[str, object]:
    """A scope as JSON, with the names that question files have for it; what it leaves open is left out."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(scope).items() if value}


def _feedback(line: bytes) -> Feedback:
    """One line. Raises ValueError where it is not what `keep` writes."""
    try:
        entry = json.loads(line.decode("utf-8"))
        scope, answer = entry["scope"], entry["answer"]
        return Feedback(
            question=_text(entry["question"]),
            language=_text(entry["language"]),
            scope=Scope(
                articles=tuple(map(_text, scope.get("articles", []))),
                publishers=tuple(map(_text, scope.get("publishers", []))),
                since=checked_date(scope.get("since"), "'since'"),
                until=checked_date(scope.get("until"), "'until'"),
            ),
            judgement=Judgement(entry["judgement"]),
            at=datetime.fromisoformat(entry["at"]),
            text=_text(answer["answer"]),
            short_answer=None if answer["short_answer"] is None else _text(answer["short_answer"]),
            abstained=answer["abstained"] is True,
            cited=tuple(Gold(_text(one["article"]), _text(one["sentence"])) for one in answer["citations"]),
        )
    except (KeyError, TypeError, AttributeError, RecursionError, QuestionInvalid) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
