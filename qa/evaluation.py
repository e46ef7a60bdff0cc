"""Answers a file of questions and measures the answers: `evaluate`.

    question file → answers.jsonl → scored questions → measures with intervals → the folder's other files

Every number is computed from the scored questions, and every question counts, refused and failed ones too.
"""

import logging
import math
import os
import platform
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.embedding import Embedder, SentenceTransformerEmbedder
from index.errors import QuestionInvalid
from index.files import printable
from index.store import NewsIndex
from qa import measures, uncertainty
from qa.answers import Assistant
from qa.batch import Tell, answer_questions
from qa.evaluation_folder import EvaluationFolder
from qa.options import assistant_for
from qa.question_files import Question, read_questions
from qa.question_formats import write_texts
from qa.reader import NONE, TRAINED
from qa.results import MEASURES, Estimate, Evaluation, Scored
from qa.scoring import RANKED, Library, answerable, failed, score
from qa.settings import Refusal

DIMENSIONS = ("answerable", "type", "lang", "length", "article")
_TEXTS, _INDEX = "texts", "index"  # folders in that of an evaluation
_NAMED = 3  # missing articles in a warning
_PACKAGES = ("torch", "transformers", "sentence-transformers", "faiss-cpu")

logger = logging.getLogger(__name__)

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def evaluate(
    index: Path | str,
    questions: Path | str,
    out: Path | str,
    *,
    qrels: Path | None = None,
    reader: str = TRAINED,
    refusal: Refusal = Refusal.NORMAL,
    resume: bool = False,
    workers: int = 1,
    language: str = "de",
    tell: Tell | None = None,
) -> Evaluation:
    """Answer a question file from an index folder, score the answers and write all into the folder `out`.

    `reader`, `refusal` and `workers` are as on the command line, `language` is the report's. Raises NewsError where the
    index, the questions or the folder cannot be used.
    """
    folder = EvaluationFolder(Path(out))
    with folder.taken_back_if_in_vain(), closing(NewsIndex(Path(index), SentenceTransformerEmbedder())) as news_index:
        return evaluate_questions(
            assistant_for(news_index, reader=reader, refusal=refusal),
            Path(questions),
            folder,
            qrels=Path(qrels) if qrels else None,
            resume=resume,
            workers=workers,
            language=language,
            tell=tell,
        )


def evaluate_questions(
    assistant: Assistant,
    path: Path,
    folder: EvaluationFolder,
    *,
    qrels: Path | None = None,
    resume: bool = False,
    workers: int = 1,
    language: str = "de",
    tell: Tell | None = None,
) -> Evaluation:
    """Answer a question file with an assistant, score the answers and write all into a folder."""
    questions, faults = usable_questions(path, qrels=qrels)
    assistant.check_articles()
    library = Library(assistant.news_index.catalogue)
    _warn_of_missing(questions, library, assistant.news_index.folder, path)
    run = folder.begin(describe(assistant, path, questions, faults, workers), questions, resume=resume)
    failures = answer_questions(
        assistant, questions, folder.answers, resume=resume, ranked=RANKED, workers=workers, tell=tell
    )
    scored = score(questions, folder.read_answers(), library)
    evaluation = Evaluation(
        run=run,
        measures=estimates(scored),
        groups=grouped(scored),
        scored=tuple(scored),
        faults=tuple(fault.removeprefix(f"{path.parent}{os.sep}") for fault in (*faults, *failures)),
    )
    folder.write(evaluation, library, language=language)
    return evaluation


def usable_questions(path: Path, *, qrels: Path | None = None) -> tuple[list[Question], list[str]]:
    """As `read_questions`. Raises QuestionInvalid also where there is no question."""
    questions, faults = read_questions(path, qrels=qrels)
    if not questions:
        raise QuestionInvalid(f"{path} holds no question" + (f" ({faults[0]})" if faults else "; add some"))
    return questions, faults


def _warn_of_missing(questions: Sequence[Question], library: Library, index: Path, path: Path) -> None:
    """Say which articles the questions name as right that the index lacks; most often it is the wrong index."""
    count = 0
    lacking: list[str] = []
    for question in questions:
        named = [*(gold.article for gold in question.gold), *(name for name, _ in question.relevant)]
        missing = [name for name in named if not library.named(name)]
        count += bool(missing)
        lacking += missing
    names = list(dict.fromkeys(lacking))
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        logger.warning(
            "%d of %d questions have gold in articles that %s lacks, which counts as not found (%s%s); "
            "add them with: python -m index add --index %s PATH..., or mend their names in %s",
            count,
            len(questions),
            printable(str(index)),
            printable(", ".join(names[:_NAMED])),
            more,
            printable(str(index)),
            printable(str(path)),
        )


def index_for_texts(folder: EvaluationFolder, embedder: Embedder, *, resume: bool) -> NewsIndex:
    """An index, in the folder of an evaluation, for the texts that come with the questions."""
    folder.claim()
    if not resume:
        for made_before in (folder.folder / _TEXTS, folder.folder / _INDEX):
            shutil.rmtree(made_before, ignore_errors=True)
    return NewsIndex.open_or_create(folder.folder / _INDEX, embedder)


def add_texts(news_index: NewsIndex, path: Path, folder: EvaluationFolder) -> None:
    """Index the texts that come with the questions, which are written into the folder of the evaluation."""
    texts = folder.folder / _TEXTS
    write_texts(path, texts)
    news_index.add([texts], raw=True)


def describe(
    assistant: Assistant, path: Path, questions: Sequence[Question], faults: Sequence[str], workers: int
) -> dict[str, Any]:
    """What is run, so that another person can understand and repeat it; it tells no folder outside the index."""
    catalogue = assistant.news_index.catalogue
    with catalogue.reading():
        articles = sorted({source.article_id for source in catalogue.sources()})
        counts = catalogue.counts()
    return {
        "index": {
            "name": assistant.news_index.folder.resolve().name,
            "sha256": sha256("\n".join(articles).encode()).hexdigest(),
            **counts,
        },
        "questions": {
            "name": path.name,
            "sha256": sha256(repr(questions).encode()).hexdigest(),
            "count": len(questions),
            "unusable": len(faults),
        },
        "model": assistant.news_index.embedder.name,
        "reader": assistant.reader.version if assistant.reader else NONE,
        "settings": {**asdict(assistant.settings), "threshold": assistant.threshold},
        "workers": workers,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


# measures over many questions


@dataclass(frozen=True, slots=True)
class Columns:
    """What measures of all questions at once look at, an array of one number or truth for each question."""

    known: Mask  # whether it is known that the articles answer it, or that they do not
    answerable: Mask
    refused: Mask
    confidence: Numbers
    judged: Mask  # whether it is known what would be a right answer, and not only which articles are relevant
    right: Mask
    seconds: Numbers  # below 0 where nothing was answered
    judged_conflict: Mask  # whether it is known that the sources disagree, or that they do not
    conflict: Mask
    told_conflict: Mask

    @classmethod
    def of(cls, scored: Sequence[Scored]) -> "Columns":
        """The columns of scored questions."""
        known = [answerable(one.question) for one in scored]

        def truths(values: Iterable[bool]) -> Mask:
            return np.array(list(values), dtype=np.bool_)

        return cls(
            known=truths(value is not None for value in known),
            answerable=truths(value is True for value in known),
            refused=truths(one.answer["abstained"] and not failed(one.answer) for one in scored),
            confidence=np.array([_confidence(one) for one in scored], dtype=float),
            judged=truths(_tells_right(one.question) for one in scored),
            right=truths(one.right for one in scored),
            seconds=np.array([-1 if failed(one.answer) else one.answer["seconds"] for one in scored], dtype=float),
            judged_conflict=truths(one.question.conflict is not None for one in scored),
            conflict=truths(one.question.conflict is True for one in scored),
            told_conflict=truths(one.answer["conflict"] is not None for one in scored),
        )

    def at(self, rows: Mask | npt.NDArray[np.int64]) -> "Columns":
        """Some of the questions."""
        return Columns(*(getattr(self, field.name)[rows] for field in fields(self)))


def _tells_right(question: Question) -> bool:
    return bool(question.gold or question.answers) or question.answerable is False


def _confidence(one: Scored) -> float:
    """The confidence of an answer; of a question that failed the worst one, so that failures are no merit."""
    if failed(one.answer):
        return 0.0 if answerable(one.question) else 1.0
    return float(one.answer["confidence"])


def _share(values: Mask) -> float | None:
    return float(values.mean()) if len(values) else None


@dataclass(frozen=True, slots=True)
class Overall:
    """A measure that is no mean of the questions' own values."""

    which: Callable[[Columns], Mask]  # the questions that it is over
    value: Callable[[Columns], float | None]  # for these

    def of(self, columns: Columns) -> float | None:
        """Its value for the questions among these that it is over; None where there are none."""
        rows = self.which(columns)
        return self.value(columns.at(rows)) if rows.any() else None

    def at(self, columns: Columns, rows: npt.NDArray[np.int64]) -> float | None:
        """Its value for some of the questions."""
        return self.of(columns.at(rows))


OVERALL: dict[str, Overall] = {
    "refusal_precision": Overall(
        lambda all_: all_.known & all_.refused,
        lambda some: measures.refusal_scores(some.answerable, some.refused).precision,
    ),
    "auroc": Overall(
        lambda all_: all_.known,
        lambda some: measures.auroc(some.confidence[some.answerable], some.confidence[~some.answerable]),
    ),
    "aurc": Overall(lambda all_: all_.judged, lambda some: measures.aurc(some.confidence, some.right)),
    "calibration_error": Overall(
        lambda all_: all_.judged,
        lambda some: measures.calibration_error(some.confidence, some.right),
    ),
    "conflict_precision": Overall(
        lambda all_: all_.judged_conflict & all_.told_conflict,
        lambda some: _share(some.conflict),
    ),
    "conflict_recall": Overall(
        lambda all_: all_.judged_conflict & all_.conflict,
        lambda some: _share(some.told_conflict),
    ),
    "seconds_p50": Overall(lambda all_: all_.seconds >= 0, lambda some: measures.percentile(some.seconds, 0.5)),
    "seconds_p95": Overall(lambda all_: all_.seconds >= 0, lambda some: measures.percentile(some.seconds, 0.95)),
}


def estimates(scored: Sequence[Scored]) -> dict[str, Estimate]:
    """All measures that apply to some of the questions, with 95 % bootstrap intervals.

    Questions about one article are drawn together, as they share what is hard about it.
    """
    found = _means(scored)
    columns = Columns.of(scored)
    clusters = clusters_of(scored)
    for name, measure in OVERALL.items():
        value = measure.of(columns)
        if value is not None:
            low, high = uncertainty.bootstrap(clusters, partial(measure.at, columns))
            found[name] = Estimate(value, low, high, int(measure.which(columns).sum()))
    return {name: found[name] for name in MEASURES if name in found}


def _means(scored: Sequence[Scored]) -> dict[str, Estimate]:
    """The means of the measures that each question has a value of."""
    clusters = clusters_of(scored)
    found: dict[str, Estimate] = {}
    for name in MEASURES:
        having = [number for number, one in enumerate(scored) if name in one.values]
        if having:
            values = [scored[number].values[name] for number in having]
            interval = uncertainty.bootstrap_mean if name == "chrf" else uncertainty.share_interval
            low, high = interval(values, [clusters[number] for number in having])
            found[name] = Estimate(float(np.mean(values)), low, high, len(values))
    return found


def clusters_of(scored: Sequence[Scored]) -> list[str]:
    """The article of each question, or where it has none the question itself."""
    return [one.groups.get("article") or f"question {one.question.id}" for one in scored]


def grouped(scored: Sequence[Scored]) -> dict[str, dict[str, dict[str, Estimate]]]:
    """The means of measures by dimension and group; groups that begin with a number in the order of these."""
    results: dict[str, dict[str, dict[str, Estimate]]] = {}
    for dimension in DIMENSIONS:
        members: defaultdict[str, list[Scored]] = defaultdict(list)
        for one in scored:
            if dimension in one.groups:
                members[one.groups[dimension]].append(one)
        if members:
            results[dimension] = {group: _means(members[group]) for group in sorted(members, key=_by_number)}
    return results


def _by_number(group: str) -> tuple[float, str]:
    """Groups by the number that they begin with, the others after them by name."""
    digits = re.match(r"\d+", group)
    return (float(digits[0]) if digits else math.inf, group)
