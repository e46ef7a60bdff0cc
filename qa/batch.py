"""Works through question files: answers, or hits alone, one JSON object a line, so that a stopped run can go on."""

import json
import os
import reprlib
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from index.errors import InputInvalid, QuestionInvalid
from qa import render
from qa.answers import Assistant
from qa.dialogue import asked_before, understand
from qa.question_files import Question
from qa.types import Evidence

_BEGINNING = b'{"id": '  # of every line that is written here
_ASKED_AGAIN = 3  # questions of a resumed run; one article more or less changes the scores of every second question
_ROUNDING = 0.00015  # scores have four digits, and adding up in another order may change the last

Tell = Callable[[int, int], None]  # questions done, questions in all
Work = Callable[[Question], dict[str, object]]  # from a question the object of its line


def answer_questions(
    assistant: Assistant,
    questions: Sequence[Question],
    out: Path,
    *,
    resume: bool = False,
    ranked: int = 0,
    workers: int = 1,
    tell: Tell | None = None,
) -> list[str]:
    """Write one answer object a line, in the order of the questions; return a line for each that failed.

    A question that cannot be asked, an over-long one for instance, still gets its line: abstained, with the reason in
    `error`. With `resume`, the answers that stand in `out` are kept and the work goes on after the last whole one, or
    InputInvalid is raised where some of them come out differently now: with another index, reader or refusal level.
    With `ranked`, that many of the best sentences, cited or not, stand in `sentences` for those who measure. `workers`
    questions are answered at a time: all together sooner, each by itself later.
    """

    def answered(question: Question) -> dict[str, object]:
        try:
            understood = understand(question.text, asked_before(question.history)).question
            answer = assistant.ask(understood, scope=question.scope)
        except QuestionInvalid as error:
            return _failed(question, str(error)) | ({"sentences": []} if ranked else {})
        told = render.answer_object(answer, question.id)
        if question.history:
            told |= {"question": question.text, "understood": understood}
        if ranked:
            chosen = assistant.selected(understood, answer.evidence)
            told["sentences"] = [
                {**_sentence_object(evidence), "chosen": evidence in chosen} for evidence in answer.evidence[:ranked]
            ]
        return told

    return _write(
        questions,
        out,
        answered,
        holding="passages",
        threshold=assistant.threshold,
        resume=resume,
        workers=workers,
        tell=tell,
    )


def retrieve_questions(
    assistant: Assistant,
    questions: Sequence[Question],
    out: Path,
    *,
    unit: str,
    top: int,
    resume: bool = False,
    tell: Tell | None = None,
) -> list[str]:
    """Write the hits of each question, passages or sentences, one object a line; return a line for each that failed.

    `resume` is as for answers.
    """

    def retrieved(question: Question) -> dict[str, object]:
        try:
            return _retrieved(assistant, question, unit=unit, top=top)
        except QuestionInvalid as error:
            told = {"hits": [], "seconds": 0.0, "error": str(error)}
            return {"id": question.id, "question": question.text, **told}

    return _write(questions, out, retrieved, holding="hits", resume=resume, workers=1, tell=tell)


def _retrieved(assistant: Assistant, question: Question, *, unit: str, top: int) -> dict[str, object]:
    started = time.perf_counter()
    passages = max(top, assistant.settings.passages) if unit == "sentence" else top
    asked = understand(question.text, asked_before(question.history)).question
    hits = assistant.retrieve(asked, top=passages, scope=question.scope)
    if unit == "passage":
        found = [render.hit_object(hit) for hit in hits]
    else:
        found = [_sentence_object(evidence) for evidence in assistant.rank(asked, hits, read=len(hits))[:top]]
    seconds = round(time.perf_counter() - started, 4)
    return {"id": question.id, "question": question.text, "hits": found, "seconds": seconds}


def _sentence_object(evidence: Evidence) -> dict[str, object]:
    return {
        "article": evidence.article.name,
        "article_id": evidence.article.id,
        "start": evidence.sentence.start,
        "end": evidence.sentence.end,
        "sentence": evidence.sentence.text,
        "score": round(evidence.score, 4),
        "copies": [copy.name for copy in evidence.copies],
    }


def _failed(question: Question, reason: str) -> dict[str, object]:
    return {
        "id": question.id,
        "question": question.text,
        "answer": reason,
        "short_answer": None,
        "abstained": True,
        "confidence": 0.0,
        "citations": [],
        "passages": [],
        "conflict": None,
        "seconds": 0.0,
        "error": reason,
    }


def _write(
    questions: Sequence[Question],
    out: Path,
    work: Work,
    *,
    holding: str,
    threshold: float | None = None,
    resume: bool,
    workers: int,
    tell: Tell | None,
) -> list[str]:
    """Write a line for each question as soon as it is known, flushed, after those that are there already.

    Returns a line for each that failed, then or now. `holding` is the key under which all lines list what was found,
    `threshold` the confidence below which an answer is withheld.
    """
    done = 0
    failures: list[str] = []
    if resume:
        done, failures = _done_before(out, questions, work, holding=holding, threshold=threshold)
    with _writable(out):
        stream = out.open("a" if resume else "w", encoding="utf-8")
    with stream, closing(_worked(questions[done:], work, workers)) as worked:
        for number, (question, told) in enumerate(zip(questions[done:], worked, strict=True), start=done + 1):
            with _writable(out):
                stream.write(json.dumps(told, ensure_ascii=False) + "\n")
                stream.flush()
            if "error" in told:
                failures.append(_failure(question, told))
            if tell:
                tell(number, len(questions))
    return failures


def _worked(questions: Sequence[Question], work: Work, workers: int) -> Generator[dict[str, object]]:
    """What becomes of each question, in their order, so many worked on at a time, for which the cores are shared."""
    if workers == 1:
        yield from map(work, questions)
        return
    import torch

    def share_cores() -> None:
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // workers))

    threads = torch.get_num_threads()
    with ThreadPoolExecutor(workers, initializer=share_cores) as pool:
        begun: deque[Future[dict[str, object]]] = deque()
        try:
            for question in questions:
                begun.append(pool.submit(work, question))
                if len(begun) > 2 * workers:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
            torch.set_num_threads(threads)


@contextmanager
def _writable(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputInvalid(
            f"--out {out} cannot be written ({error.strerror}); name a file in a folder that exists and has room"
        ) from error


def _failure(question: Question, told: Mapping[str, object]) -> str:
    return f"{question.place or f'question {question.id}'}: {told['error']}"


def _done_before(
    out: Path, questions: Sequence[Question], work: Work, *, holding: str, threshold: float | None
) -> tuple[int, list[str]]:
    """Cut a half-written last line off; return how many questions are done, and a line for each of them that failed.

    Raises InputInvalid for another run.
    """
    done = whole = most = 0
    failures: list[str] = []
    again: deque[tuple[int, dict[str, Any]]] = deque(maxlen=_ASKED_AGAIN)
    with _writable(out):
        if not out.exists():
            return done, failures
        with out.open("rb") as stream:
            for line in stream:
                cut_off = not line.endswith(b"\n")
                if cut_off and (line.startswith(_BEGINNING) or _BEGINNING.startswith(line)):
                    break
                entry = None if cut_off or done == len(questions) else _entry(line, questions[done], holding)
                if entry is None:
                    raise InputInvalid(
                        f"--out {out} holds something else than answers to these questions (see its line {done + 1}); "
                        "name another file, or leave --resume out to begin anew"
                    )
                if threshold is not None and not _withheld_below(threshold, entry):
                    raise _another_run(out, done + 1, questions[done])
                if "error" in entry:
                    failures.append(_failure(questions[done], entry))
                done += 1
                whole += len(line)
                # one that failed, or was asked of few articles, may come out the same in another run
                if len(entry[holding]) > most:
                    most = len(entry[holding])
                    again.clear()
                if len(entry[holding]) == most:
                    again.append((done, entry))
    for number, entry in again:
        if not _alike(entry, json.loads(json.dumps(work(questions[number - 1])))):
            raise _another_run(out, number, questions[number - 1])
    with _writable(out):
        os.truncate(out, whole)
    return done, failures


def _entry(line: bytes, question: Question, holding: str) -> dict[str, Any] | None:
    """The object of a line about the question, else None; ids alone do not tell, as many files begin with "q1"."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or not isinstance(entry.get(holding), list) or entry.get("id") != question.id:
        return None
    return entry if str(entry.get("question")).split() == question.text.split() else None


def _withheld_below(threshold: float, entry: Mapping[str, Any]) -> bool:
    """Whether an answer was withheld if, and only if, its confidence is below the threshold."""
    certainty = entry.get("confidence")
    if not isinstance(certainty, float):
        return False
    return abs(certainty - threshold) < _ROUNDING or entry.get("abstained") == (certainty < threshold)


def _alike(one: object, other: object) -> bool:
    """Whether two values of JSON are the same, but for times and what rounding does."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one if key != "seconds")
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) < _ROUNDING
    return one == other


def _another_run(out: Path, number: int, question: Question) -> InputInvalid:
    return InputInvalid(
        f"--out {out} was written in another way: question {reprlib.repr(question.id)} (its line {number}) comes out "
        "differently now; give the index and the options of then, name another --out, or leave --resume out to begin "
        "anew"
    )
