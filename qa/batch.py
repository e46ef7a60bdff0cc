"""Works through question files: answers, or hits alone, one JSON object a line, so that a stopped run can go on."""

import json
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from index.errors import InputInvalid, QuestionInvalid
from qa import render
from qa.answers import Assistant
from qa.dialogue import asked_before, understand
from qa.question_files import Question
from qa.types import Evidence

_BEGINNING = b'{"id": '  # of every line that is written here

Tell = Callable[[int, int], None]  # questions done, questions in all


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
    `error`. With `resume`, the answers that stand in `out` are kept and the work goes on after the last whole one.
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

    return _write(questions, out, answered, holding="answer", resume=resume, workers=workers, tell=tell)


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
    work: Callable[[Question], dict[str, object]],
    *,
    holding: str,
    resume: bool,
    workers: int,
    tell: Tell | None,
) -> list[str]:
    """Write a line for each question as soon as it is known, flushed, after those that are there already.

    Returns a line for each that failed. `holding` is a key that all lines have.
    """
    failures = []
    with _writable(out):
        done = _keep_whole_lines(out, questions, holding) if resume else 0
        stream = out.open("a" if resume else "w", encoding="utf-8")
    with stream, closing(_worked(questions[done:], work, workers)) as worked:
        for number, told in enumerate(worked, start=done + 1):
            with _writable(out):
                stream.write(json.dumps(told, ensure_ascii=False) + "\n")
                stream.flush()
            if "error" in told:
                failures.append(f"question {told['id']}: {told['error']}")
            if tell:
                tell(number, len(questions))
    return failures


def _worked(
    questions: Sequence[Question], work: Callable[[Question], dict[str, object]], workers: int
) -> Generator[dict[str, object]]:
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


def _keep_whole_lines(out: Path, questions: Sequence[Question], holding: str) -> int:
    """Cut a half-written last line off; return how many questions are done. Raises InputInvalid for another run."""
    if not out.exists():
        return 0
    done = 0
    whole = 0
    with out.open("rb") as stream:
        for line in stream:
            cut_off = not line.endswith(b"\n")
            if cut_off and (line.startswith(_BEGINNING) or _BEGINNING.startswith(line)):
                break
            if cut_off or done == len(questions) or not _is_about(line, questions[done], holding):
                raise InputInvalid(
                    f"--out {out} holds something else than answers to these questions (see its line {done + 1}); "
                    "name another file, or leave --resume out to begin anew"
                )
            done += 1
            whole += len(line)
    os.truncate(out, whole)
    return done


def _is_about(line: bytes, question: Question, holding: str) -> bool:
    """Whether a line is about the question; ids alone do not tell, as many files begin with "q1"."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(entry, dict) or holding not in entry or entry.get("id") != question.id:
        return False
    return str(entry.get("question")).split() == question.text.split()
