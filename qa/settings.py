"""The few knobs of answering, each with its unit and default."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Refusal(StrEnum):
    """How readily an answer is withheld."""

    STRICT = "strict"  # rather no answer than a wrong one
    NORMAL = "normal"
    GENEROUS = "generous"  # rather a doubtful answer than none


@dataclass(frozen=True, slots=True)
class Weights:
    """What a sentence's score is made of, and what follows from scores; without a reader the first two are nothing.

    Similarities are cosines stretched so that 0 is what the embedding model gives unrelated texts and 1 is identity.
    """

    evidence: float  # of the reader's logit that the sentence answers
    span: float  # of its logit for the sentence's best words
    similarity: float  # of question and sentence
    kind: float  # what a sentence earns that holds what is asked for
    passage: float  # what the best passage earns its sentences; others in proportion to their scores
    further: float  # how far the score of a further citation may lie below the best
    several: float  # the same where several sentences may be needed: lists, reasons
    certain: tuple[float, float, float, float]  # of the logit of the confidence: score, lead, foreign, constant
    thresholds: Mapping[Refusal, float]  # confidence below which no answer is given


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is read and shown."""

    passages: int = 10  # retrieved for a question
    read: int = 6  # of these by the reader; more found no more answers, and each costs as much again
    longest_answer: int = 3  # sentences
    longest_question: int = 2000  # characters
    refusal: Refusal = Refusal.NORMAL
    threshold: float | None = None  # confidence below which no answer is given; None: what `refusal` says


DEFAULTS = Settings()

# Scores and confidence are fitted by tests/benchmarks/fit_weights.py on questions about articles that training leaves
# out. How far further citations may lie below the best, and the thresholds, were chosen with an eye on both those and
# the questions that README measures.
BY_READER = Weights(
    evidence=0.05,
    span=0.025,
    similarity=0.295,
    kind=0.039,
    passage=0.319,
    further=0.1,
    several=0.15,
    certain=(5.107, 1.81, 0.02, -2.978),
    thresholds={Refusal.STRICT: 0.55, Refusal.NORMAL: 0.4, Refusal.GENEROUS: 0.2},
)
BY_SIMILARITY = Weights(
    evidence=0,
    span=0,
    similarity=1,
    kind=0.12,
    passage=0.2,
    further=0.05,
    several=0.05,
    certain=(8.13, 3.51, 1.67, -7.19),
    thresholds={Refusal.STRICT: 0.3, Refusal.NORMAL: 0.15, Refusal.GENEROUS: 0.08},
)
