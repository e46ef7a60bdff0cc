"""The records of an evaluation: scored questions, estimates, differences between two runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from qa.question_files import Question

LEVELS = ("passage", "sentence", "article")
_OF_RANKINGS = ("mrr", "ndcg@10", "map", "recall@10", "success@1", "success@3", "success@10")

# All measures in the order in which they are shown, and whether more is better.
MEASURES: Mapping[str, bool] = {
    **{f"{level}_{name}": True for level in LEVELS for name in _OF_RANKINGS},
    "exact_match": True,
    "f1": True,
    "exact_match_german": True,
    "f1_german": True,
    "containment": True,
    "chrf": True,
    "first_citation": True,
    "any_citation": True,
    "citation_precision": True,
    "citation_recall": True,
    "citation_f1": True,
    "best_sentence": True,
    "one_of_three": True,
    "quotations_exact": True,
    "refusal_precision": True,
    "refusal_recall": True,
    "answerable_refused": False,
    "auroc": True,
    "aurc": False,
    "calibration_error": False,
    "conflict_precision": True,
    "conflict_recall": True,
    "seconds_p50": False,
    "seconds_p95": False,
}


class Outcome(StrEnum):
    """What became of a question, from the best to the worst; each question has exactly one."""

    RIGHT = "right"  # the first citation is gold, or where no gold sentences are known the answer holds a gold answer
    LATER = "later"  # a further citation is gold, the first is not
    REFUSED_RIGHTLY = "refused_rightly"  # nothing answers it, and the program said so
    REFUSED = "refused"  # answerable, but no answer was given
    WRONG = "wrong"  # answered, but no citation is gold
    SHOULD_REFUSE = "should_refuse"  # answered although nothing answers it
    FAILED = "failed"  # the question could not be asked; `error` in the answer object says why
    UNJUDGED = "unjudged"  # the question file does not tell what is right


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence or passage in an article of the index; articles go by file name, as in question files."""

    article: str
    start: int
    end: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """One question, its answer and what the measures say of it."""

    question: Question
    answer: Mapping[str, Any]  # the answer object as it stands in answers.jsonl
    gold: tuple[Place, ...]  # the gold sentences found in the index
    outcome: Outcome
    values: Mapping[str, float]  # by name of the measure; one that does not apply to the question is left out
    groups: Mapping[str, str]  # by dimension ("type", "lang", "article", "length", "answerable") its group
    right: bool  # whether what is cited, or would have been had it not refused, answers it
    relevant: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # by level, grades of what is relevant


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure over many questions, with a bootstrap interval."""

    value: float
    low: float  # of the 95 % interval
    high: float
    count: int  # questions it is over


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A question file answered and scored."""

    run: Mapping[str, Any]  # what was run: index, model, reader, settings, hashes of the data, versions, seconds
    measures: Mapping[str, Estimate]
    groups: Mapping[str, Mapping[str, Mapping[str, Estimate]]]  # by dimension, group and measure
    scored: tuple[Scored, ...]  # in the order of the question file
    faults: tuple[str, ...]  # a line for each entry of the question file that could not be used


@dataclass(frozen=True, slots=True)
class Difference:
    """How a measure changed from one run to another over the questions that both have."""

    first: float
    second: float
    change: float  # second - first
    low: float  # of the change's 95 % interval
    high: float
    p: float | None  # of a paired randomisation test, two-sided
    corrected: float | None  # the same, corrected for the number of measures (Holm 1979)
    count: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two evaluations side by side."""

    questions: int  # that both have
    differing: Mapping[str, tuple[object, object]]  # what of the runs is not the same: "reader", "settings.read"
    differences: Mapping[str, Difference]
    better: tuple[tuple[Scored, Scored], ...]  # questions whose outcome became better; first run, second run
    worse: tuple[tuple[Scored, Scored], ...]
    unpaired: tuple[str, ...]  # ids that stand in one run only
