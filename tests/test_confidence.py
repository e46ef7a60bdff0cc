import itertools

import pytest
from helpers import make_article, one_passage

from qa.confidence import confidence
from qa.types import Evidence

ARTICLE = make_article("Das Bad öffnet bald.")


def ranked(*scores: float) -> list[Evidence]:
    return [Evidence(one_passage(ARTICLE).sentences[0], ARTICLE, score, score, False) for score in scores]


def test_confidence_without_evidence_is_zero():
    assert confidence([], "de") == 0.0


def test_confidence_rises_with_the_best_score():
    values = [confidence(ranked(score, score - 0.1), "de") for score in (-1.0, 0.0, 0.3, 0.6, 0.9, 1.2)]
    assert all(low < high for low, high in itertools.pairwise(values))
    assert values[0] < 0.05
    assert values[-1] > 0.8


def test_confidence_rises_with_the_lead_over_the_next_sentence():
    values = [confidence(ranked(0.8, second), "de") for second in (0.8, 0.6, 0.3, 0.0)]
    assert all(low < high for low, high in itertools.pairwise(values))


def test_confidence_of_a_single_sentence_takes_its_score_for_the_lead():
    assert confidence(ranked(0.7), "de") == confidence(ranked(0.7, 0.0), "de")


def test_confidence_looks_at_the_two_best_only():
    assert confidence(ranked(0.8, 0.5), "de") == confidence(ranked(0.8, 0.5, 0.5, 0.1), "de")


def test_confidence_allows_for_questions_in_another_language_scoring_lower():
    assert confidence(ranked(0.6, 0.5), "de") < confidence(ranked(0.6, 0.5), "ru")
    assert confidence(ranked(0.6, 0.5), "en") == confidence(ranked(0.6, 0.5), "uk")


@pytest.mark.parametrize(("score", "value"), [(-1e6, 0.0), (1e6, 1.0)])
def test_confidence_stays_a_probability_for_scores_beyond_all_measure(score, value):
    assert confidence(ranked(score), "de") == value
