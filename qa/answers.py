"""Answers a question: hits, evidence, then citations or the admission that the articles do not tell."""

import time
from collections.abc import Sequence

from index.errors import IndexMissing, QuestionInvalid
from index.store import EVERYTHING, NewsIndex, Scope
from index.types import Hit
from qa import render
from qa.confidence import confidence
from qa.evidence import rank_evidence, select_evidence
from qa.questions import detect_language
from qa.settings import DEFAULTS, Settings
from qa.short_answer import find_short_answer
from qa.types import Answer, Citation, Evidence


class Assistant:
    """Answers questions from a news index. Threads may share it."""

    def __init__(self, news_index: NewsIndex, *, settings: Settings = DEFAULTS) -> None:
        self.news_index = news_index
        self.settings = settings

    def ask(self, question: str, *, scope: Scope = EVERYTHING) -> Answer:
        """Answer one question from the articles in scope.

        Raises QuestionInvalid for an empty or over-long question, IndexMissing for an index without articles.
        """
        started = time.perf_counter()
        question = self._checked(question)
        language = detect_language(question)
        hits = self.retrieve(question, scope=scope)
        ranked = self.rank(question, hits)
        certainty = confidence(ranked, language)
        abstained = certainty < self.settings.threshold
        citations = () if abstained else _citations(question, select_evidence(ranked, settings=self.settings))
        return Answer(
            question=question,
            language=language,
            text=render.refusal(hits, language) if abstained else render.answer_text(citations),
            short_answer=_short_answer(citations),
            abstained=abstained,
            confidence=certainty,
            citations=citations,
            passages=tuple(hits),
            conflict=None,
            seconds=time.perf_counter() - started,
        )

    def retrieve(self, question: str, *, top: int | None = None, scope: Scope = EVERYTHING) -> list[Hit]:
        """The passages that fit a question best. Raises as `ask` does."""
        hits = self.news_index.search(self._checked(question), top=top or self.settings.passages, scope=scope)
        if not hits and not self.news_index.catalogue.counts()["articles"]:
            folder = self.news_index.folder
            raise IndexMissing(
                f"{folder} holds no articles; add some with: python -m index add --index {folder} PATH..."
            )
        return hits

    def rank(self, question: str, hits: Sequence[Hit]) -> list[Evidence]:
        """The sentences of the hits, best first."""
        return rank_evidence(question, hits, unrelated_cosine=self.news_index.unrelated_cosine, settings=self.settings)

    def _checked(self, question: str) -> str:
        # half a surrogate pair, as a broken paste or a byte that is no UTF-8 leaves it, cannot be stored or printed
        text = " ".join(question.encode("utf-8", "replace").decode("utf-8").split())
        if not any(character.isalnum() for character in text):
            raise QuestionInvalid("the question is empty; ask one, such as: Wann beginnt die Messe?")
        if len(text) > self.settings.longest_question:
            raise QuestionInvalid(
                f"the question has {len(text):,} characters, {self.settings.longest_question:,} are allowed; shorten it"
            )
        return text


def _citations(question: str, chosen: Sequence[Evidence]) -> tuple[Citation, ...]:
    """Number the chosen sentences and mark the short answer in the best one."""
    return tuple(
        Citation(
            marker=marker,
            sentence=evidence.sentence,
            article=evidence.article,
            score=evidence.score,
            short_answer=find_short_answer(question, evidence.sentence.text) if marker == 1 else None,
            copies=evidence.copies,
        )
        for marker, evidence in enumerate(chosen, start=1)
    )


def _short_answer(citations: Sequence[Citation]) -> str | None:
    if not citations or citations[0].short_answer is None:
        return None
    start, end = citations[0].short_answer
    return citations[0].sentence.text[start:end]
