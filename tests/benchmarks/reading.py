"""Measures the reader alone, the text given: short answers on SQuAD-like rows, answer sentences on OMoS-QA-like rows.

    python -m tests.benchmarks.reading FILE... [--reader trained|NAME] [--lang de]

Rows with `sentences` are about answer sentences, the others about short answers (SQuAD 2.0's exact match and F1, on
answerable and unanswerable rows apart and together). A text is read in windows as long as passages. The threshold is
chosen on one half of the rows and used on the other, both ways.
"""

import argparse
import re
import string
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from index.articles import content_id
from index.command_line import run
from index.embedding import SentenceTransformerEmbedder
from index.passages import make_passages
from index.sentences import split_sentences
from index.settings import DEFAULTS
from index.types import Article, Hit, Sentence
from qa.options import answering_options
from qa.reader import Reader, named_reader
from qa.training_data import Row, read_rows
from qa.types import Verdict

THRESHOLDS = np.arange(-8, 8.01, 0.25)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, parents=[answering_options()])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--lang", help="only rows in this language")
    arguments = parser.parse_args(argv)
    reader = named_reader(arguments.reader)
    if reader is None:
        parser.error("--reader none reads nothing; name a reader")
    embedder = SentenceTransformerEmbedder()
    for path in arguments.files:
        rows = [row for row in read_rows(path) if arguments.lang in (None, row.get("lang", arguments.lang))]
        read = [_read(row, reader, embedder) for row in rows]
        print(f"{path.name}: {len(rows)} questions, {sum(bool(_wanted(row)) for row in rows)} of them answerable")
        (_sentence_answers if "sentences" in rows[0] else _short_answers)(rows, read)
    return 0


Read = list[tuple[Sentence, Verdict]]


def _read(row: Row, reader: Reader, embedder: SentenceTransformerEmbedder) -> Read:
    """Every sentence of a row's text with the verdict on it."""
    text = row["context"]
    article = Article("", text)
    article = Article(content_id(article), text)
    given = row.get("sentences")
    sentences = (
        [Sentence(article.id, start, end, text[start:end]) for start, end in given]
        if given
        else split_sentences(article)
    )
    lengths = embedder.count_tokens([sentence.text for sentence in sentences])
    passages = make_passages(sentences, lengths, aim=DEFAULTS.passage_tokens, overlap=0)
    hits = [
        Hit(passage, article, rank, 1.0, 1.0, 0.0, tuple(1.0 for _ in passage.sentences))
        for rank, passage in enumerate(passages, start=1)
    ]
    verdicts = reader.read(row["question"], hits)
    return [
        pair for hit, said in zip(hits, verdicts, strict=True) for pair in zip(hit.passage.sentences, said, strict=True)
    ]


def _short_answers(rows: Sequence[Row], read: Sequence[Read]) -> None:
    """Exact match and F1 of the best sentence's best words, or of no answer below the threshold."""
    best = [max(pairs, key=lambda pair: pair[1].evidence + pair[1].span_score) for pairs in read]
    scores = np.array([verdict.evidence + verdict.span_score for _, verdict in best])
    answers = [sentence.text[slice(*verdict.span)] if verdict.span else "" for sentence, verdict in best]

    def measured(numbers: Sequence[int], threshold: float, measure: Callable[[str, str], float]) -> list[float]:
        return [
            max((measure(answers[n], wanted) for wanted in _wanted(rows[n])), default=0.0)
            if scores[n] >= threshold
            else float(not _wanted(rows[n]))
            for n in numbers
        ]

    f1, exact = [0.0] * len(rows), [0.0] * len(rows)
    for chosen_on, used_on in _halves(len(rows)):
        threshold = max(THRESHOLDS * 3, key=lambda value: sum(measured(chosen_on, value, token_f1)))
        print(f"  threshold {threshold:.2f}")
        for values, measure in ((f1, token_f1), (exact, exact_match)):
            for number, value in zip(used_on, measured(used_on, threshold, measure), strict=True):
                values[number] = value
    answerable = np.array([bool(_wanted(row)) for row in rows])
    for name, chosen in (("answerable", answerable), ("unanswerable", ~answerable), ("all", answerable | True)):
        if chosen.any():
            print(f"  {name}: F1 {np.mean(np.array(f1)[chosen]):.1%}, exact {np.mean(np.array(exact)[chosen]):.1%}")


def _sentence_answers(rows: Sequence[Row], read: Sequence[Read]) -> None:
    """Precision, recall and F1 over all sentences; the same of the questions that no sentence is given for."""
    gold = [
        [any(a["start"] < s.end and a["start"] + len(a["text"]) > s.start for a in row["answers"]) for s, _ in pairs]
        for row, pairs in zip(rows, read, strict=True)
    ]
    scores = [[verdict.evidence for _, verdict in pairs] for pairs in read]

    def counted(numbers: Sequence[int], threshold: float) -> np.ndarray:
        counts = np.zeros(6)
        for n in numbers:
            given = [score >= threshold for score in scores[n]]
            counts[:3] += _counts(given, gold[n])
            counts[3:] += _counts([not any(given)], [not any(gold[n])])
        return counts

    total = np.zeros(6)
    for chosen_on, used_on in _halves(len(rows)):
        threshold = max(THRESHOLDS, key=lambda value: _f1(*counted(chosen_on, value)[:3]))
        print(f"  threshold {threshold:.2f}")
        total += counted(used_on, threshold)
    right, given, wanted = total[:3]
    print(f"  sentences: precision {right / given:.1%}, recall {right / wanted:.1%}, F1 {_f1(*total[:3]):.1%}")
    print(f"  no answer: F1 {_f1(*total[3:]):.1%}")


def _wanted(row: Row) -> list[str]:
    """The answers of a row, whether each is an object or all are in one, as transformers' sets have them."""
    answers = row["answers"]
    return list(answers["text"]) if isinstance(answers, dict) else [answer["text"] for answer in answers]


def _halves(count: int) -> list[tuple[list[int], list[int]]]:
    even, odd = list(range(0, count, 2)), list(range(1, count, 2))
    return [(even, odd), (odd, even)]


def _counts(given: Sequence[bool], gold: Sequence[bool]) -> np.ndarray:
    """How many are given and right, given, wanted."""
    return np.array([sum(a and b for a, b in zip(given, gold, strict=True)), sum(given), sum(gold)])


def _f1(right: float, given: float, wanted: float) -> float:
    return 2 * right / (given + wanted) if given + wanted else 0.0


def normalised(text: str) -> str:
    """As SQuAD's script compares: lower case, without punctuation, English articles and further white space."""
    kept = "".join(character for character in text.lower() if character not in string.punctuation)
    return " ".join(re.sub(r"\b(?:a|an|the)\b", " ", kept).split())


def exact_match(said: str, wanted: str) -> float:
    """1 where the two are the same once normalised, else 0."""
    return float(normalised(said) == normalised(wanted))


def token_f1(said: str, wanted: str) -> float:
    """F1 of the words, from 0 to 1, each word counted as often as it stands (Rajpurkar et al. 2016)."""
    mine, theirs = normalised(said).split(), normalised(wanted).split()
    common = sum((Counter(mine) & Counter(theirs)).values())
    return 2 * common / (len(mine) + len(theirs)) if common else float(mine == theirs)


if __name__ == "__main__":
    sys.exit(run(main))
