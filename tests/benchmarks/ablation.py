"""Measures what retrieval and reader each contribute to ranking sentences, with 95 % bootstrap intervals.

    python -m tests.benchmarks.ablation --index DIR --questions GOLD.jsonl [--reader trained|FOLDER ...]

Of the answerable questions: in how many the best sentence is gold, and one of the three best. For `retrieval only` and
`both` these are the rankings that the program has without and with the reader; `reader only` ranks what was read
by what the reader says alone. Several `--reader` compare trainings, each named by its folder.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from index.command_line import run
from index.embedding import SentenceTransformerEmbedder
from index.store import NewsIndex
from qa.answers import Assistant
from qa.question_files import Question, read_questions
from qa.reader import named_reader
from qa.scoring import is_gold_sentence
from qa.settings import BY_READER

READER_ONLY = replace(BY_READER, similarity=0.0, kind=0.0, passage=0.0)
RESAMPLES = 10_000


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--reader", nargs="+", default=["trained"])
    arguments = parser.parse_args(argv)
    news_index = NewsIndex(arguments.index, SentenceTransformerEmbedder())
    questions = [question for question in read_questions(arguments.questions)[0] if question.answerable]
    print(f"{len(questions)} answerable questions; share, 95 % interval")
    _report("retrieval only", Assistant(news_index), questions)
    for name in arguments.reader:
        reader = named_reader(name)
        for what, weights in (("reader only", READER_ONLY), ("both", BY_READER)):
            _report(f"{what} ({name})", Assistant(news_index, reader=reader, weights=weights), questions)
    return 0


def _report(name: str, assistant: Assistant, questions: Sequence[Question]) -> None:
    first, three = [], []
    for question in questions:
        ranked = assistant.rank(question.text, assistant.retrieve(question.text))
        gold = [is_gold_sentence(question, {evidence.article.name}, evidence.sentence.text) for evidence in ranked[:3]]
        first.append(gold[:1] == [True])
        three.append(any(gold))
    print(f"{name}: best {_with_interval(first)}, one of three {_with_interval(three)}")


def _with_interval(values: Sequence[bool]) -> str:
    found = np.array(values, dtype=float)
    picks = np.random.default_rng(0).integers(len(found), size=(RESAMPLES, len(found)))
    low, high = np.percentile(found[picks].mean(axis=1), [2.5, 97.5])
    return f"{found.mean():.1%} [{low:.1%}, {high:.1%}]"


if __name__ == "__main__":
    sys.exit(run(main))
