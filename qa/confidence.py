"""Estimates the probability that the cited sentences answer the question."""

from collections.abc import Sequence
from math import tanh

from qa.types import Evidence

# A logistic regression, fitted by tests/benchmarks/fit_confidence.py on 4,320 questions over 480 German articles (one
# in three a near miss that no article answers) and 2,160 questions asked of articles that do not treat their topics.
_SCORE, _MARGIN, _FOREIGN, _CONSTANT = 8.13, 3.51, 1.67, -7.19


def confidence(ranked: Sequence[Evidence], language: str) -> float:
    """The probability, 0 to 1, from the best score, its lead, and whether the question's language is the articles'.

    No evidence gives 0.
    """
    if not ranked:
        return 0.0
    score, margin, foreign = features(ranked, language)
    logit = _SCORE * score + _MARGIN * margin + _FOREIGN * foreign + _CONSTANT
    return (1 + tanh(logit / 2)) / 2  # the logistic function, in the form that cannot overflow


def features(ranked: Sequence[Evidence], language: str) -> tuple[float, float, float]:
    """What the probability is estimated from: the best score, its lead, and 1 for another language than German."""
    best = ranked[0].score
    lead = best - ranked[1].score if len(ranked) > 1 else best
    return best, lead, float(language != "de")
