"""The records of asking: evidence, citations, answers."""

from dataclasses import dataclass

from index.types import Article, Hit, Sentence


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reader says of a sentence."""

    evidence: float  # logit that the sentence answers; 0 means even odds
    span: tuple[int, int] | None  # the words in it that answer best, offsets into the sentence's text
    span_score: float  # logit of these words against "the passage does not answer"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that bears on the question."""

    sentence: Sentence
    article: Article
    score: float  # higher is better; comparable within one question
    similarity: float  # cosine of question and sentence
    fits_kind: bool  # whether it holds what the question asks for: a number, a time, a name
    passage_score: float = 0.0  # of the passage in which it scored best
    verdict: Verdict | None = None  # what the reader says of it; None without a reader
    copies: tuple[Article, ...] = ()  # articles that are nearly the same; with this one they are one source


@dataclass(frozen=True, slots=True)
class Citation:
    """A sentence as it is shown: numbered, with its place in the stored article."""

    marker: int  # from 1, as in "[1]"
    sentence: Sentence
    article: Article
    score: float
    short_answer: tuple[int, int] | None = None  # offsets into the sentence's text
    context: Sentence | None = None  # the sentence before it, where it names its subject by a pronoun only
    copies: tuple[Article, ...] = ()  # articles that are nearly the same; with this one they are one source


@dataclass(frozen=True, slots=True)
class Claim:
    """What one side says where sources disagree."""

    claim: str
    who: str | None
    when: str | None  # YYYY-MM-DD
    markers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known about a question: cited sentences, or the admission that the articles do not tell."""

    question: str
    language: str  # of the question: de, en, ru, uk
    text: str  # as shown, with [n] markers
    short_answer: str | None
    abstained: bool
    confidence: float  # calibrated probability, 0 to 1, that the cited sentences answer the question
    citations: tuple[Citation, ...]  # best first; empty if abstained
    passages: tuple[Hit, ...]  # best first
    conflict: tuple[Claim, ...] | None
    seconds: float
    evidence: tuple[Evidence, ...] = ()  # all sentences that were ranked, best first, cited or not
