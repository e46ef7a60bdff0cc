"""Ranks the sentences of the retrieved passages by how well they bear on the question."""

from collections.abc import Sequence

from index.types import Hit
from qa.questions import expected_kind
from qa.settings import DEFAULTS, Settings
from qa.short_answer import mentions_kind
from qa.types import Evidence


def rank_evidence(
    question: str, hits: Sequence[Hit], *, unrelated_cosine: float, settings: Settings = DEFAULTS
) -> list[Evidence]:
    """All sentences of the hits, best first, each once; of near copies only the article with the best sentence counts.

    A sentence's score is the similarity of the question and the sentence as read within its passage, and something
    for holding what the question asks for (a number for "wie viele") and for standing in a passage that was found
    well. `unrelated_cosine` is where the model's similarities begin.
    """
    kind = expected_kind(question)
    best: dict[tuple[str, int], Evidence] = {}
    for hit in hits:
        for sentence, cosine in zip(hit.passage.sentences, hit.sentence_similarities, strict=True):
            key = (sentence.article_id, sentence.start)
            known = best.get(key)
            fits = known.fits_kind if known else mentions_kind(kind, sentence.text, question)
            similarity = (cosine - unrelated_cosine) / (1 - unrelated_cosine)
            score = similarity + settings.kind_bonus * fits + settings.passage_bonus * hit.score
            if known is None or score > known.score:
                best[key] = Evidence(sentence, hit.article, score, similarity, fits, hit.copies)
    ranked = sorted(best.values(), key=lambda evidence: (-evidence.score, evidence.article.id, evidence.sentence.start))
    return _without_copies(ranked)


def _without_copies(ranked: Sequence[Evidence]) -> list[Evidence]:
    """The evidence without that from near copies of an article that was ranked higher."""
    told: set[str] = set()  # articles of which a near copy was ranked higher
    kept = []
    for evidence in ranked:
        if evidence.article.id not in told:
            kept.append(evidence)
            told.update(copy.id for copy in evidence.copies)
    return kept


def select_evidence(ranked: Sequence[Evidence], *, settings: Settings = DEFAULTS) -> list[Evidence]:
    """The sentences that make the answer: the best one, and further ones that are nearly as good and say it anew."""
    chosen: list[Evidence] = []
    for evidence in ranked:
        if len(chosen) == settings.longest_answer or evidence.score < ranked[0].score - settings.further_sentence:
            break
        if all(evidence.sentence.text != other.sentence.text for other in chosen):
            chosen.append(evidence)
    return chosen
