"""Estimates the probability that the cited sentences answer the question."""

from collections.abc import Sequence
from math import tanh

from qa.settings import BY_SIMILARITY, Weights
from qa.types import Evidence


def confidence(ranked: Sequence[Evidence], language: str, *, weights: Weights = BY_SIMILARITY) -> float:
    """The probability, 0 to 1, from the best score, its lead, and whether the question's language is the articles'.

    A logistic regression; `weights` holds what was fitted. No evidence gives 0.
    """
    if not ranked:
        return 0.0
    *slopes, constant = weights.certain
    logit = constant + sum(slope * value for slope, value in zip(slopes, features(ranked, language), strict=True))
    return (1 + tanh(logit / 2)) / 2  # the logistic function, in the form that cannot overflow


def features(ranked: Sequence[Evidence], language: str) -> tuple[float, float, float]:
    """What the probability is estimated from: the best score, its lead, and 1 for another language than German."""
    best = ranked[0].score
    lead = best - ranked[1].score if len(ranked) > 1 else best
    return best, lead, float(language != "de")
