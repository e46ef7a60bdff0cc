"""Scores answered questions: finds their gold sentences in the index and compares what was retrieved and cited.

It works on answer objects as they stand in answers.jsonl, so a run that was stopped and resumed scores like any other.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from index.catalogue import Catalogue
from index.types import Article, Sentence
from qa import measures
from qa.question_files import Gold, Question
from qa.questions import detect_language
from qa.results import LEVELS, Outcome, Place, Scored

RANKED = 10  # sentences that an answer object tells for scoring, whether they are cited or not
_LENGTHS = ((4, "1-4"), (8, "5-8"), (12, "9-12"))  # words of a question, and the group up to there
_LONGER = "13+"
_MARKER = re.compile(r" ?\[\d+\]")

Object = Mapping[str, Any]  # an answer object, or a part of one


@dataclass
class Library:
    """The articles of an index as question files name them; each is read when it is first asked for, and kept."""

    catalogue: Catalogue
    _kept: dict[str, Article | None] = field(default_factory=dict)  # by id

    @cached_property
    def _ids(self) -> dict[str, list[str]]:
        ids: dict[str, list[str]] = {}
        with self.catalogue.reading():
            for source in self.catalogue.sources():
                for name in {source.article_id, *_calls(source.name)}:
                    ids.setdefault(name, []).append(source.article_id)
        return ids

    def named(self, name: str) -> list[Article]:
        """The articles of a file name, with or without folders and ending, or of an id; it may mean several."""
        found = (self.article(article_id) for article_id in dict.fromkeys(self._ids.get(name, ())))
        return [article for article in found if article]

    def article(self, article_id: str) -> Article | None:
        """An article by its id; None where it is not in the index (any more)."""
        if article_id not in self._kept:
            with self.catalogue.reading():
                self._kept[article_id] = self.catalogue.article(article_id)
        return self._kept[article_id]

    def gold(self, gold: Gold) -> list[tuple[Article, Sentence]]:
        """The stored sentences that a gold sentence holds, or is held by."""
        with self.catalogue.reading():
            return [
                (article, sentence)
                for article in self.named(gold.article)
                for sentence in self.catalogue.sentences(article)
                if same_sentence(sentence.text, gold.sentence)
            ]

    def passages(self, sentence: Sentence) -> list[tuple[int, int]]:
        """Where the passages that hold a sentence start and end."""
        with self.catalogue.reading():
            spans = self.catalogue.passage_spans(sentence.article_id)
        return [(start, end) for start, end in spans if start <= sentence.start and sentence.end <= end]


def same_sentence(text: str, other: str) -> bool:
    """Whether one of two sentences holds the other, white space aside: they may have been split differently."""
    said, wanted = " ".join(text.split()), " ".join(other.split())
    return bool(said) and bool(wanted) and (wanted in said or said in wanted)


def is_gold(question: Question, cited: Object) -> bool:
    """Whether a cited or ranked sentence is gold: in the article that the question names, or in a near copy of it."""
    return is_gold_sentence(question, _names(cited), cited["sentence"])


def is_gold_sentence(question: Question, names: Collection[str], sentence: str) -> bool:
    """Whether a sentence of an article, which goes by these names, is gold."""
    return any(_matches(gold, names, sentence) for gold in question.gold)


def _matches(gold: Gold, names: Collection[str], sentence: str) -> bool:
    return gold.article in names and same_sentence(sentence, gold.sentence)


def _names(cited: Object) -> set[str]:
    """What question files may call the article of a cited sentence, or a near copy of it."""
    return {cited["article_id"]}.union(*map(_calls, (cited["article"], *cited.get("copies", ()))))


def _calls(name: str) -> set[str]:
    """A file name with and without its folders, and that also without its ending."""
    bare = name.rsplit("/", 1)[-1]
    return {name, bare, bare.rsplit(".", 1)[0]}


def score(questions: Sequence[Question], answers: Sequence[Object], library: Library) -> list[Scored]:
    """What the measures say of each question with its answer object.

    A gold sentence that the index does not hold counts as never found, so no question leaves the denominator.
    """
    gold = [[library.gold(one) for one in question.gold] for question in questions]
    relevant = [_relevant(question, found, library) for question, found in zip(questions, gold, strict=True)]
    ranked = {
        level: measures.rank_measures(
            {str(number): [place for place, _ in ranking(level, answer)] for number, answer in enumerate(answers)},
            {str(number): levels[level] for number, levels in enumerate(relevant) if levels[level]},
        )
        for level in LEVELS
    }
    return [
        Scored(
            question=question,
            answer=answer,
            gold=tuple(
                Place(article.name, sentence.start, sentence.end, sentence.text)
                for found in gold[number]
                for article, sentence in found
            ),
            outcome=_outcome(question, answer),
            values={
                f"{level}_{name}": value
                for level in LEVELS
                for name, value in ranked[level].get(str(number), {}).items()
            }
            | _answer_measures(question, answer)
            | _citation_measures(question, answer, library)
            | _refusal_measures(question, answer),
            groups=_groups(question),
            right=_is_right(question, answer),
            relevant=relevant[number],
        )
        for number, (question, answer) in enumerate(zip(questions, answers, strict=True))
    ]


def answerable(question: Question) -> bool | None:
    """Whether the question file says, or lets know, that the articles answer a question."""
    if question.answerable is None and (question.gold or question.answers or question.relevant):
        return True
    return question.answerable


# retrieval


def ranking(level: str, answer: Object) -> list[tuple[str, float]]:
    """What an answer object ranked, best first, with scores: passages, sentences, or the articles of the passages."""
    if level == "article":
        best: dict[str, float] = {}
        for one in answer["passages"]:
            best.setdefault(one["article"], one["score"])
        return list(best.items())
    entries = answer["passages"] if level == "passage" else answer["sentences"]
    return [(_place_id(one["article"], one["start"], one["end"]), one["score"]) for one in entries]


def _relevant(
    question: Question, gold: Sequence[Sequence[tuple[Article, Sentence]]], library: Library
) -> dict[str, dict[str, int]]:
    """By level, the passages, sentences and articles that answer a question, with their grades."""
    levels: dict[str, dict[str, int]] = {level: {} for level in LEVELS}
    for one, found in zip(question.gold, gold, strict=True):
        for article, sentence in found:
            levels["article"][article.name] = 1
            levels["sentence"][_place_id(article.name, sentence.start, sentence.end)] = 1
            for start, end in library.passages(sentence):
                levels["passage"][_place_id(article.name, start, end)] = 1
        if not found:
            for level in LEVELS:
                levels[level][f"not in the index: {one.article} {one.sentence}"] = 1
    for name, grade in question.relevant:
        for article_name in [article.name for article in library.named(name)] or [f"not in the index: {name}"]:
            levels["article"][article_name] = grade
    return levels


def _place_id(article: str, start: int, end: int) -> str:
    return f"{article}:{start}-{end}"


# answers, citations, refusal


def failed(answer: Object) -> bool:
    """Whether a question could not be asked."""
    return "error" in answer


def shown_answer(answer: Object) -> str:
    """The answer that is compared with gold answers: the short one, else the sentence cited first, else nothing."""
    if answer["abstained"]:
        return ""
    if answer["short_answer"]:
        return str(answer["short_answer"])
    return str(answer["citations"][0]["sentence"]) if answer["citations"] else ""


def _answer_measures(question: Question, answer: Object) -> dict[str, float]:
    if not question.answers and question.answerable is not False:
        return {}
    said = shown_answer(answer)
    if failed(answer):  # an empty answer would be the right one where there is none
        return dict.fromkeys(("exact_match", "f1", "exact_match_german", "f1_german"), 0.0) | (
            {"containment": 0.0, "chrf": 0.0} if question.answers else {}
        )
    values = {
        "exact_match": measures.exact_match(said, question.answers),
        "f1": measures.token_f1(said, question.answers),
        "exact_match_german": measures.exact_match(said, question.answers, normalise=measures.german),
        "f1_german": measures.token_f1(said, question.answers, normalise=measures.german),
    }
    if question.answers:
        values["containment"] = _containment(question, answer)
        values["chrf"] = measures.chrf(said, question.answers)
    return values


def _containment(question: Question, answer: Object) -> float:
    text = "" if answer["abstained"] else _MARKER.sub("", str(answer["answer"]))
    return measures.containment(text, question.answers)


def _citation_measures(question: Question, answer: Object, library: Library) -> dict[str, float]:
    citations = answer["citations"]
    values: dict[str, float] = {}
    if citations:
        values["quotations_exact"] = sum(_is_exact(one, library) for one in citations) / len(citations)
    if not question.gold:
        return values
    cited = [is_gold(question, one) for one in citations]
    covered = [any(_matches(gold, _names(one), one["sentence"]) for one in citations) for gold in question.gold]
    precision, recall, f1 = measures.citation_scores(cited, covered, all_needed=question.all_needed)
    best = [is_gold(question, one) for one in answer["sentences"]]
    if citations:  # the precision of nothing is not defined
        values["citation_precision"] = precision
    return values | {
        "citation_recall": recall,
        "citation_f1": f1,
        "first_citation": float(any(cited[:1])),
        "any_citation": float(any(cited)),
        "best_sentence": float(any(best[:1])),
        "one_of_three": float(any(best[:3])),
    }


def _is_exact(citation: Object, library: Library) -> bool:
    """Whether a quotation is, character for character, what the stored article holds at its place."""
    article = library.article(citation["article_id"])
    return article is not None and article.text[citation["start"] : citation["end"]] == citation["sentence"]


def _refusal_measures(question: Question, answer: Object) -> dict[str, float]:
    known = answerable(question)
    if known is None:
        return {}
    if failed(answer):  # counts against the program: not answered, and not refused for a good reason
        return {"answerable_refused": 1.0} if known else {"refusal_recall": 0.0}
    return {"answerable_refused" if known else "refusal_recall": float(answer["abstained"])}


def _outcome(question: Question, answer: Object) -> Outcome:
    if failed(answer):
        return Outcome.FAILED
    known = answerable(question)
    if known is None:
        return Outcome.UNJUDGED
    if not known:
        return Outcome.REFUSED_RIGHTLY if answer["abstained"] else Outcome.SHOULD_REFUSE
    if answer["abstained"]:
        return Outcome.REFUSED
    if question.gold:
        cited = [is_gold(question, one) for one in answer["citations"]]
        return Outcome.RIGHT if cited[0] else Outcome.LATER if any(cited) else Outcome.WRONG
    if question.answers:
        return Outcome.RIGHT if _containment(question, answer) else Outcome.WRONG
    return Outcome.UNJUDGED


def _is_right(question: Question, answer: Object) -> bool:
    """Whether the sentences that are cited, or would be had it not refused, answer the question."""
    chosen = [one for one in answer["sentences"] if one["chosen"]]
    if question.gold:
        return any(is_gold(question, one) for one in chosen)
    return any(measures.containment(one["sentence"], question.answers) for one in chosen) if question.answers else False


def _groups(question: Question) -> dict[str, str]:
    words = len(question.text.split())
    known = answerable(question)
    groups = {
        "lang": question.language or detect_language(question.text),
        "length": next((name for longest, name in _LENGTHS if words <= longest), _LONGER),
    }
    if question.type:
        groups["type"] = question.type
    if known is not None:
        groups["answerable"] = "yes" if known else "no"
    names = [gold.article for gold in question.gold] or [name for name, _ in question.relevant]
    if names:
        groups["article"] = names[0]
    return groups
