"""The few knobs of answering, each with its unit and default."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """How evidence is weighed and shown; fitted on questions over articles that no test uses.

    Similarities are cosines stretched so that 0 is what the embedding model gives unrelated texts and 1 is identity.
    """

    passages: int = 10  # retrieved for a question
    kind_bonus: float = 0.12  # what a sentence earns that holds what is asked for, in units of the similarity
    passage_bonus: float = 0.2  # what the best passage earns its sentences; others in proportion to their scores
    longest_answer: int = 3  # sentences
    further_sentence: float = 0.05  # how far the score of a further sentence may lie below the best
    longest_question: int = 2000  # characters
    threshold: float = 0.15  # confidence below which no answer is given


DEFAULTS = Settings()
