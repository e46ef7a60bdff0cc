"""Answers a question: hits, evidence, then citations or the admission that the articles do not tell."""

import time
from collections.abc import Sequence
from itertools import pairwise

from index.errors import IndexMissing, QuestionInvalid
from index.store import EVERYTHING, NewsIndex, Scope
from index.types import Hit, Sentence
from qa import render
from qa.confidence import confidence
from qa.context import leans_on_previous
from qa.evidence import has_figures, rank_evidence, select_evidence
from qa.questions import AnswerKind, detect_language, expected_kind
from qa.reader import Reader
from qa.settings import BY_READER, BY_SIMILARITY, DEFAULTS, Settings, Weights
from qa.short_answer import find_short_answer
from qa.spelling import Speller
from qa.types import Answer, Citation, Evidence

_SEVERAL = (AnswerKind.LIST, AnswerKind.REASON)  # what one sentence may not answer alone


class Assistant:
    """Answers questions from a news index. Threads may share it."""

    def __init__(
        self,
        news_index: NewsIndex,
        *,
        reader: Reader | None = None,
        settings: Settings = DEFAULTS,
        weights: Weights | None = None,
    ) -> None:
        """Answer from an index, with a reader or else by similarity alone; `weights` replace the fitted ones."""
        self.news_index = news_index
        self._speller = Speller(news_index.catalogue)
        self.reader = reader
        self.settings = settings
        self.weights = weights or (BY_READER if reader else BY_SIMILARITY)

    def ask(self, question: str, *, scope: Scope = EVERYTHING) -> Answer:
        """Answer one question from the articles in scope.

        Raises QuestionInvalid for an empty or over-long question, IndexMissing for an index without articles.
        """
        started = time.perf_counter()
        question = self.checked(question)
        return self.answer(question, self.retrieve(question, scope=scope), started=started)

    def answer(self, question: str, hits: Sequence[Hit], *, started: float | None = None) -> Answer:
        """Answer a question from what was retrieved for it; `started` is where its seconds begin (perf_counter)."""
        started = time.perf_counter() if started is None else started
        language = detect_language(question)
        ranked = self.rank(question, hits)
        certainty = confidence(ranked, language, weights=self.weights)
        abstained = certainty < self.threshold
        citations = () if abstained else self._citations(question, self.selected(question, ranked))
        return Answer(
            question=question,
            language=language,
            text=render.refusal(question, hits, language) if abstained else render.answer_text(citations),
            short_answer=_short_answer(citations),
            abstained=abstained,
            confidence=certainty,
            citations=citations,
            passages=tuple(hits),
            conflict=None,
            seconds=time.perf_counter() - started,
            evidence=tuple(ranked),
        )

    def corrected(self, question: str, *, scope: Scope = EVERYTHING) -> str | None:
        """A question that was refused as it was probably meant, where it seems misspelt and would be answered so."""
        meant = self._speller.corrected(question)
        return meant if meant and not self.ask(meant, scope=scope).abstained else None

    def retrieve(self, question: str, *, top: int | None = None, scope: Scope = EVERYTHING) -> list[Hit]:
        """The passages that fit a question best. Raises as `ask` does."""
        hits = self.news_index.search(self.checked(question), top=top or self.settings.passages, scope=scope)
        if not hits:
            self.check_articles()
        return hits

    def check_articles(self) -> None:
        """Raise IndexMissing for an index without articles."""
        folder = self.news_index.folder
        if not self.news_index.catalogue.counts()["articles"]:
            raise IndexMissing(
                f"{folder} holds no articles; add some with: python -m index add --index {folder} PATH..."
            )

    def rank(self, question: str, hits: Sequence[Hit], *, read: int | None = None) -> list[Evidence]:
        """The sentences of the hits, best first; with a reader only those of the first hits, which it reads."""
        if self.reader:
            hits = hits[: read or self.settings.read]
        verdicts = self.reader.read(question, hits) if self.reader else None
        unrelated_cosine = self.news_index.unrelated_cosine
        return rank_evidence(question, hits, verdicts, unrelated_cosine=unrelated_cosine, weights=self.weights)

    @property
    def threshold(self) -> float:
        """The confidence below which no answer is given."""
        fixed = self.settings.threshold
        return self.weights.thresholds[self.settings.refusal] if fixed is None else fixed

    def selected(self, question: str, ranked: Sequence[Evidence]) -> list[Evidence]:
        """The sentences that are cited if an answer is given, best first."""
        several = expected_kind(question) in _SEVERAL
        return select_evidence(ranked, several=several, weights=self.weights, longest=self.settings.longest_answer)

    def _citations(self, question: str, chosen: Sequence[Evidence]) -> tuple[Citation, ...]:
        """Number the chosen sentences, mark the short answer in the best one, add what a pronoun stands for."""
        return tuple(
            Citation(
                marker=marker,
                sentence=evidence.sentence,
                article=evidence.article,
                score=evidence.score,
                short_answer=short_answer(question, evidence) if marker == 1 else None,
                context=self._context(evidence),
                copies=tuple(copy for copy in evidence.copies if has_figures(copy, evidence.sentence)),
            )
            for marker, evidence in enumerate(chosen, start=1)
        )

    def _context(self, evidence: Evidence) -> Sentence | None:
        """The sentence before one that does not name its subject."""
        if not leans_on_previous(evidence.sentence.text):
            return None
        with self.news_index.catalogue.reading():
            stored = self.news_index.catalogue.sentences(evidence.article)
        return next((before for before, after in pairwise(stored) if after.start == evidence.sentence.start), None)

    def checked(self, question: str) -> str:
        """The question with its white space in order. Raises QuestionInvalid where it is empty or over-long."""
        # half a surrogate pair, as a broken paste or a byte that is no UTF-8 leaves it, cannot be stored or printed
        text = " ".join(question.encode("utf-8", "replace").decode("utf-8").split())
        if not any(character.isalnum() for character in text):
            raise QuestionInvalid("the question is empty; ask one, such as: Wann beginnt die Messe?")
        if len(text) > self.settings.longest_question:
            raise QuestionInvalid(
                f"the question has {len(text):,} characters, {self.settings.longest_question:,} are allowed; shorten it"
            )
        return text


def short_answer(question: str, evidence: Evidence) -> tuple[int, int] | None:
    """The words of a sentence that answer, offsets into it: the reader's, or without one those that rules find."""
    if evidence.verdict is None:
        return find_short_answer(question, evidence.sentence.text)
    return evidence.verdict.span if evidence.verdict.span_score > 0 else None


def _short_answer(citations: Sequence[Citation]) -> str | None:
    if not citations or citations[0].short_answer is None:
        return None
    start, end = citations[0].short_answer
    return citations[0].sentence.text[start:end]
