"""Measures retrieval, citations and refusal on a question file with gold sentences.

    python -m tests.benchmarks.questions --index DIR --questions GOLD.jsonl [--index DIR --questions OTHER.jsonl ...]
        [--reader trained|none|NAME] [--refusal strict|normal|generous]

Prints one line a measure, each with its count. Every answerable question counts, refused ones too.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from index.command_line import run
from index.embedding import SentenceTransformerEmbedder
from index.store import NewsIndex
from qa.answers import Assistant
from qa.options import answering_options, named_assistant
from qa.question_files import Question, read_questions
from qa.types import Answer


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, parents=[answering_options()])
    parser.add_argument("--index", action="append", type=Path, required=True)
    parser.add_argument("--questions", action="append", type=Path, required=True)
    arguments = parser.parse_args(argv)
    embedder = SentenceTransformerEmbedder()
    for folder, path in zip(arguments.index, arguments.questions, strict=True):
        assistant = named_assistant(arguments, NewsIndex(folder, embedder))
        questions, faults = read_questions(path)
        print("\n".join([f"{path.name}:", *faults]))
        measure([(question, assistant.ask(question.text, scope=question.scope)) for question in questions], assistant)
    return 0


def measure(rows: Sequence[tuple[Question, Answer]], assistant: Assistant) -> None:
    """Print the measures of answered questions."""
    rankings = [assistant.rank(question.text, answer.passages) for question, answer in rows]
    answerable = [(question, answer) for question, answer in rows if question.answerable]
    unanswerable = [answer for question, answer in rows if question.answerable is False]
    cited = [judged(question, answer) for question, answer in answerable]
    ranked = [
        [is_gold(question, e.article.name, e.sentence.text) for e in ranking]
        for (question, _), ranking in zip(rows, rankings, strict=True)
        if question.answerable
    ]
    found = [
        any(is_gold(question, hit.article.name, sentence.text) for hit in hits for sentence in hit.passage.sentences)
        for question, hits in ((question, answer.passages) for question, answer in answerable)
    ]
    shown = [right for verdicts in cited for right in verdicts]
    all_citations = [citation for _, answer in rows for citation in answer.citations]
    exact = [c.article.text[c.sentence.start : c.sentence.end] == c.sentence.text for c in all_citations]
    _share("gold sentence within the retrieved passages", found)
    _share("gold sentence within those that were read", [any(gold) for gold in ranked])
    _share("best evidence right, refused or not", [gold[0] for gold in ranked if gold])
    _share("one of the three best right, refused or not", [any(gold[:3]) for gold in ranked])
    _share("first citation right", [bool(verdicts) and verdicts[0] for verdicts in cited])
    foreign = [verdicts for (_, answer), verdicts in zip(answerable, cited, strict=True) if answer.language != "de"]
    _share("first citation right, questions in other languages", [bool(v) and v[0] for v in foreign])
    _share("a citation right", [any(verdicts) for verdicts in cited])
    _share("citations shown that are gold", shown)
    _share("citations that equal the stored text", exact)
    _share("answers that cite or abstain", [answer.abstained != bool(answer.citations) for _, answer in rows])
    _share("answerable questions refused", [answer.abstained for _, answer in answerable])
    if unanswerable:
        _share("unanswerable questions refused", [answer.abstained for answer in unanswerable])
    if answerable and unanswerable:
        scores = [answer.confidence for _, answer in answerable], [answer.confidence for answer in unanswerable]
        print(f"  AUROC of the confidence, answerable against not: {auroc(*scores):.3f}")
    right = [
        any(is_gold(question, e.article.name, e.sentence.text) for e in assistant.selected(question.text, ranking))
        for (question, _), ranking in zip(rows, rankings, strict=True)
    ]
    error = calibration_error([answer.confidence for _, answer in rows], right)
    print(f"  expected calibration error of the confidence, refused or not: {error:.3f}")
    print(f"  milliseconds a question, median: {1000 * median(answer.seconds for _, answer in rows):.0f}")


def judged(question: Question, answer: Answer) -> list[bool]:
    """For each citation, whether it is a gold sentence of the right article."""
    return [is_gold(question, citation.article.name, citation.sentence.text) for citation in answer.citations]


def is_gold(question: Question, article: str, sentence: str) -> bool:
    """Whether a sentence holds, or is held by, a gold sentence of its article; white space does not count."""
    said = " ".join(sentence.split())
    for gold in question.gold:
        wanted = " ".join(gold.sentence.split())
        if gold.article == article and (wanted in said or said in wanted):
            return True
    return False


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The probability that a positive scores above a negative one, ties counted half; 0.5 is chance."""
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return wins / (len(positive) * len(negative))


def calibration_error(confidences: Sequence[float], right: Sequence[bool], *, bins: int = 10) -> float:
    """How far confidence and share of right answers lie apart, on average over bins of equal width, by their counts.

    Naeini, Cooper, Hauskrecht 2015. 0 is perfect, 1 the worst.
    """
    total = 0.0
    for number in range(bins):
        inside = [n for n, value in enumerate(confidences) if min(int(value * bins), bins - 1) == number]
        if inside:
            told = sum(confidences[n] for n in inside)
            total += abs(told - sum(right[n] for n in inside))
    return total / len(confidences)


def _share(name: str, values: Sequence[bool]) -> None:
    if values:
        print(f"  {name}: {sum(values) / len(values):.1%} ({sum(values)} of {len(values)})")


if __name__ == "__main__":
    sys.exit(run(main))
