"""Ranks the sentences of the retrieved passages by how well they bear on the question."""

import re
from collections.abc import Sequence

from index.types import Article, Hit, Sentence
from qa.questions import expected_kind
from qa.settings import BY_SIMILARITY, Weights
from qa.short_answer import mentions_kind
from qa.types import Evidence, Verdict

# A line that names who wrote the article proves nothing that it tells; without "Von" only at its beginning.
_NAME = r"[A-ZÄÖÜ][\w'’-]+(?: (?:(?:von|van|de) )?[A-ZÄÖÜ][\w'’-]+){1,2}"
_BYLINE = re.compile(rf"(?P<lead>(?:Von|By|Text:|Autor:|Autorin:) )?{_NAME}(?:(?:,| und| and) {_NAME})*")
_TOP = 200  # characters
_UNIT = "zwei|zwan|drei|vier|fünf|sech|sieb|acht|neun|zehn|elf|zwölf|hundert|tausend"
_FIGURE = re.compile(rf"(?i)\d+(?:[.,:]\d+)*|\b(?:ein(?:und)?)?(?:{_UNIT})(?:{_UNIT}|ein|und|zig|ßig|s|en)*\b")


def rank_evidence(
    question: str,
    hits: Sequence[Hit],
    verdicts: Sequence[Sequence[Verdict]] | None = None,
    *,
    unrelated_cosine: float,
    weights: Weights = BY_SIMILARITY,
) -> list[Evidence]:
    """All sentences of the hits but bylines, best first, each once.

    Of near copies only the article with the best sentence counts, but for what has other figures in another one.

    A sentence's score is a weighted sum of what the reader says of it, where `verdicts` has that for each hit, the
    similarity of the question and the sentence as read within its passage, whether it holds what the question asks for
    (a number for "wie viele"), and how well its passage was found. `unrelated_cosine` is where the model's similarities
    begin.
    """
    kind = expected_kind(question)
    fits: dict[tuple[str, int], bool] = {}
    best: dict[tuple[str, int], Evidence] = {}
    for number, hit in enumerate(hits):
        said = verdicts[number] if verdicts else [None] * len(hit.passage.sentences)
        for sentence, cosine, verdict in zip(hit.passage.sentences, hit.sentence_similarities, said, strict=True):
            if _is_byline(sentence):
                continue
            key = (sentence.article_id, sentence.start)
            if key not in fits:
                fits[key] = mentions_kind(kind, sentence.text, question)
            similarity = (cosine - unrelated_cosine) / (1 - unrelated_cosine)
            score = weights.similarity * similarity + weights.kind * fits[key] + weights.passage * hit.score
            if verdict:
                score += weights.evidence * verdict.evidence + weights.span * verdict.span_score
            if key not in best or score > best[key].score:
                best[key] = Evidence(
                    sentence, hit.article, score, similarity, fits[key], hit.score, verdict, hit.copies
                )
    ranked = sorted(best.values(), key=lambda evidence: (-evidence.score, evidence.article.id, evidence.sentence.start))
    return _without_copies(ranked)


def _is_byline(sentence: Sentence) -> bool:
    found = _BYLINE.fullmatch(sentence.text.strip())
    return found is not None and (sentence.start < _TOP or found["lead"] is not None)


def _without_copies(ranked: Sequence[Evidence]) -> list[Evidence]:
    """The evidence without what a near copy of an article that was ranked higher says, too."""
    first: dict[str, Article] = {}  # by the ids of its near copies, the article that was ranked highest of all of them
    kept = []
    for evidence in ranked:
        leader = first.get(evidence.article.id)
        if leader is None:
            first.update(dict.fromkeys((copy.id for copy in evidence.copies), evidence.article))
        if leader is None or not has_figures(leader, evidence.sentence):
            kept.append(evidence)
    return kept


def has_figures(article: Article, sentence: Sentence) -> bool:
    """Whether an article has all the numbers of a sentence; a near copy that has not tells something else."""
    figures = _figures(sentence.text)
    return not figures or figures <= _figures(article.text)  # most sentences have none, and an article may be long


def _figures(text: str) -> set[str]:
    return {found[0].casefold() for found in _FIGURE.finditer(text)}


def select_evidence(
    ranked: Sequence[Evidence], *, several: bool = False, weights: Weights = BY_SIMILARITY, longest: int = 3
) -> list[Evidence]:
    """The sentences that make the answer: the best one, and further ones that are nearly as good and say it anew.

    `several` tells that one sentence may not be enough, as for lists and reasons.
    """
    reach = weights.several if several else weights.further
    chosen: list[Evidence] = []
    for evidence in ranked:
        if len(chosen) == longest or evidence.score < ranked[0].score - reach:
            break
        if all(evidence.sentence.text != other.sentence.text for other in chosen):
            chosen.append(evidence)
    return chosen
