"""Measures how long a question takes, and which part of it reading takes.

python -m tests.benchmarks.speed --index DIR --questions FILE [--reader trained|none|NAME] [--passages 10 5 ...]
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from index.command_line import run
from index.embedding import SentenceTransformerEmbedder
from index.store import NewsIndex
from qa.answers import Assistant
from qa.options import answering_options
from qa.question_files import read_questions
from qa.reader import named_reader
from qa.settings import DEFAULTS


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, parents=[answering_options()])
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--passages", type=int, nargs="+", default=[DEFAULTS.passages])
    arguments = parser.parse_args(argv)
    news_index = NewsIndex(arguments.index, SentenceTransformerEmbedder())
    reader = named_reader(arguments.reader)
    questions = [question.text for question in read_questions(arguments.questions)[0]]
    for passages in arguments.passages:
        assistant = Assistant(news_index, reader=reader, settings=replace(DEFAULTS, read=passages))
        for question in questions[:5]:
            assistant.ask(question)  # what is done once is done
        whole, search, read = [], [], []
        for question in questions:
            begun = time.perf_counter()
            hits = assistant.retrieve(question)
            found = time.perf_counter()
            assistant.rank(question, hits)
            search.append(found - begun)
            read.append(time.perf_counter() - found)
            whole.append(assistant.ask(question).seconds)
        print(
            f"{passages} passages, {len(questions)} questions, median milliseconds: {1000 * median(whole):.0f} "
            f"(search {1000 * median(search):.0f}, read and rank {1000 * median(read):.0f})"
        )
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
