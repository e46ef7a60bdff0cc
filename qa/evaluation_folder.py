"""The folder of an evaluation: what `evaluate` writes into it, and how it is read again.

run.json         what is run; written first, so that a resumed run can be checked against it
questions.jsonl  the questions, as question files have them
answers.jsonl    an answer object a line
scores.jsonl     a scored question a line; scores.csv is the same as a table
metrics.json     the measures with their intervals, over all questions and by group
run-*.trec       what was ranked, qrels-*.trec what is relevant: passages, sentences, articles
report.html      all of it for people
"""

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from index.errors import InputInvalid, NewsError
from index.types import Article
from qa.question_files import Question, read_questions
from qa.report import report
from qa.results import LEVELS, MEASURES, Comparison, Estimate, Evaluation, Outcome, Place, Scored
from qa.run_files import csv_table, trec_qrels, trec_run
from qa.scoring import Library, ranking

_RUN, _QUESTIONS, _ANSWERS = "run.json", "questions.jsonl", "answers.jsonl"
_SCORES, _METRICS, _REPORT = "scores.jsonl", "metrics.json", "report.html"
_ONCE_ONLY = ("started", "workers")  # what may differ between a run and its resumption


class EvaluationFolder:
    """The files of one evaluation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers = folder / _ANSWERS
        self._made: list[Path] | None = None  # folders that `claim` made, innermost first; None: it found a run's

    def begin(self, run: Mapping[str, Any], questions: Sequence[Question], *, resume: bool) -> Mapping[str, Any]:
        """Make the folder ready for the answers, and return what is run; with `resume` that is what was begun.

        Raises InputInvalid where the folder holds other things, or with `resume` another run.
        """
        self.claim()
        begun = _object(self.folder / _RUN)
        if resume and begun:
            differing = sorted(
                key for key in begun.keys() | run.keys() if key not in _ONCE_ONLY and begun.get(key) != run.get(key)
            )
            if differing:
                raise InputInvalid(
                    f"--out {self.folder} was begun with another {' and '.join(differing)}; name another folder, "
                    "or leave --resume out to begin anew"
                )
            return begun
        for name in (_ANSWERS, _SCORES, _METRICS, _REPORT):  # none may outlive the run that it tells of
            (self.folder / name).unlink(missing_ok=True)
        self._write(_RUN, _indented(run))
        self._write(_QUESTIONS, _lines(map(question_entry, questions)))
        return run

    def claim(self) -> None:
        """Make the folder, and mark it as that of an evaluation. Raises InputInvalid where it holds other things."""
        if (self.folder / _RUN).exists():
            return
        try:
            if self.folder.is_dir() and any(self.folder.iterdir()):
                raise InputInvalid(f"--out {self.folder} holds other files; name a new or an empty folder")
            self._made = [path for path in (self.folder, *self.folder.parents) if not path.exists()]
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error
        self._write(_RUN, _indented({}))

    @contextmanager
    def taken_back_if_in_vain(self) -> Iterator[None]:
        """Leave nothing of a new folder where a NewsError ends the work in it before a question is answered."""
        try:
            yield
        except NewsError:
            answered = self.answers.exists() and self.answers.stat().st_size
            if self._made is not None and not answered:
                self._take_back(self._made)
            raise

    def _take_back(self, made: Iterable[Path]) -> None:
        with suppress(OSError):
            for path in self.folder.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()
            for path in made:
                path.rmdir()

    def read_answers(self) -> list[dict[str, Any]]:
        """The answer objects."""
        return _objects(self.answers)

    def write(self, evaluation: Evaluation, library: Library, *, language: str) -> None:
        """Write all that follows from the answers."""
        scored = evaluation.scored
        self._write(_SCORES, _lines(map(_score_row, scored)))
        self._write("scores.csv", csv_table(map(_table_row, scored)))
        for level in LEVELS:
            rankings = ((one.question.id, ranking(level, one.answer)) for one in scored)
            self._write(f"run-{level}s.trec", "".join(trec_run(rankings, "belegstelle")))
            relevant = ((one.question.id, one.relevant[level]) for one in scored)
            self._write(f"qrels-{level}s.trec", "".join(trec_qrels(relevant)))
        self._write(_REPORT, report(evaluation, _articles(scored, library), language=language))
        self._write(_METRICS, _indented(_metrics(evaluation)))  # last: where it stands, all the others do

    def read(self) -> Evaluation:
        """The evaluation as it was written. Raises InputInvalid where the folder holds none, or not all of it."""
        if not (self.folder / _METRICS).exists():
            unfinished = (self.folder / _RUN).exists()
            raise InputInvalid(
                f"{self.folder} holds an evaluation that was not finished; go on with: python -m qa evaluate --resume"
                if unfinished
                else f"{self.folder} holds no evaluation; make one with: python -m qa evaluate --out {self.folder}"
            )
        metrics = _object(self.folder / _METRICS)
        questions, faults = read_questions(self.folder / _QUESTIONS)
        answers, rows = _objects(self.answers), _objects(self.folder / _SCORES)
        if faults or not len(questions) == len(answers) == len(rows):
            raise InputInvalid(f"{self.folder} was changed: its files do not fit together; evaluate the questions anew")
        try:
            scored = tuple(map(_scored, questions, answers, rows))
            return Evaluation(
                run=metrics["run"],
                measures=_estimates(metrics["measures"]),
                groups={
                    dimension: {group: _estimates(found) for group, found in groups.items()}
                    for dimension, groups in metrics["groups"].items()
                },
                scored=scored,
                faults=tuple(metrics["faults"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputInvalid(f"{self.folder} was changed ({error!r}); evaluate the questions anew") from error

    def _write(self, name: str, text: str) -> None:
        """Write a file beside its place and move it there, so that it is whole or not there."""
        path, fresh = self.folder / name, self.folder / f"{name}.new"
        try:
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(path)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> InputInvalid:
        return InputInvalid(
            f"--out {self.folder} cannot be written ({error.strerror}); name a folder that can be made and has room"
        )


def _articles(scored: Sequence[Scored], library: Library) -> dict[str, Article]:
    """The articles that a report quotes, by their names: those of gold sentences, citations and passages."""
    shown = {
        one["article"]: one["article_id"]
        for each in scored
        for one in (*each.answer["passages"], *each.answer["sentences"], *each.answer["citations"])
    }
    found = {name: library.article(article_id) for name, article_id in shown.items()}
    named = {
        article.name: article for each in scored for place in each.gold for article in library.named(place.article)
    }
    return {name: article for name, article in found.items() if article} | named


def question_entry(question: Question) -> dict[str, Any]:
    """A question as question files have it; what it leaves open is left out."""
    entry: dict[str, Any] = {"id": question.id, "question": question.text}
    optional = {
        "answerable": question.answerable,
        "answers": list(question.answers),
        "gold": [asdict(gold) for gold in question.gold],
        "all": question.all_needed,
        "type": question.type,
        "lang": question.language,
        "history": list(question.history),
        "relevant": dict(question.relevant),
        "conflict": question.conflict,
        **{name: list(value) if isinstance(value, tuple) else value for name, value in asdict(question.scope).items()},
    }
    told = (question.answerable is False, question.conflict is False)
    return entry | {
        name: value
        for name, value in optional.items()
        if value or (name == "answerable" and told[0]) or (name == "conflict" and told[1])
    }


def _score_row(one: Scored) -> dict[str, Any]:
    return {
        "id": one.question.id,
        "outcome": one.outcome,
        "right": one.right,
        "groups": one.groups,
        "values": {name: round(value, 6) for name, value in one.values.items()},
        "gold": [asdict(place) for place in one.gold],
        "relevant": one.relevant,
    }


def _scored(question: Question, answer: Mapping[str, Any], row: Mapping[str, Any]) -> Scored:
    """A scored question from the three lines that tell of it. Raises ValueError where they tell of several."""
    if not question.id == answer["id"] == row["id"]:
        raise ValueError(f"{question.id} stands beside {row['id']}")
    return Scored(
        question=question,
        answer=answer,
        gold=tuple(Place(**place) for place in row["gold"]),
        outcome=Outcome(row["outcome"]),
        values=row["values"],
        groups=row["groups"],
        right=row["right"],
        relevant=row["relevant"],
    )


def _table_row(one: Scored) -> dict[str, object]:
    """A scored question as a row of a table."""
    first = one.answer["citations"][0] if one.answer["citations"] else {}
    return {
        "id": one.question.id,
        "question": one.question.text,
        "outcome": str(one.outcome),
        "confidence": one.answer["confidence"],
        "short_answer": one.answer["short_answer"],
        "answers": " | ".join(one.question.answers),
        "cited_article": first.get("article"),
        "cited_sentence": first.get("sentence"),
        "gold_sentences": " | ".join(gold.sentence for gold in one.question.gold),
        "seconds": one.answer["seconds"],
        **one.groups,
        **{name: round(one.values[name], 6) if name in one.values else "" for name in MEASURES if name in one.values},
    }


def _metrics(evaluation: Evaluation) -> dict[str, Any]:
    outcomes = Counter(one.outcome for one in evaluation.scored)
    return {
        "run": evaluation.run,
        "outcomes": {str(outcome): outcomes[outcome] for outcome in Outcome},
        "measures": _told(evaluation.measures),
        "groups": {
            dimension: {group: _told(found) for group, found in groups.items()}
            for dimension, groups in evaluation.groups.items()
        },
        "faults": list(evaluation.faults),
    }


def _told(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    return {
        name: {key: round(value, 6) for key, value in asdict(estimate).items()} for name, estimate in estimates.items()
    }


def comparison_object(comparison: Comparison) -> dict[str, Any]:
    """A comparison as a JSON object."""
    return {
        "questions": comparison.questions,
        "differing": {key: list(values) for key, values in comparison.differing.items()},
        "measures": {name: asdict(difference) for name, difference in comparison.differences.items()},
        **{
            key: [{"id": a.question.id, "first": a.outcome, "second": b.outcome} for a, b in pairs]
            for key, pairs in (("better", comparison.better), ("worse", comparison.worse))
        },
        "unpaired": list(comparison.unpaired),
    }


def _estimates(told: Mapping[str, Any]) -> dict[str, Estimate]:
    return {name: Estimate(**estimate) for name, estimate in told.items()}


def _indented(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _lines(values: Iterable[object]) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def _object(path: Path) -> dict[str, Any]:
    """The one object of a file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputInvalid(f"{path} cannot be read ({error}); evaluate the questions anew") from error
    if not isinstance(found, dict):
        raise InputInvalid(f"{path} holds no object; evaluate the questions anew")
    return found


def _objects(path: Path) -> list[dict[str, Any]]:
    """An object from each line of a file."""
    try:
        with path.open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    except (OSError, ValueError, RecursionError) as error:
        raise InputInvalid(f"{path} cannot be read ({error}); evaluate the questions anew") from error
