"""Fits the confidence: prints the numbers that stand in qa/confidence.py, and what thresholds refuse.

    python -m tests.benchmarks.fit_confidence --index DIR --questions GOLD.jsonl [--index ... --questions ...]

A question counts as answered if one of the sentences that would be cited is gold. Use question files that nothing else
is measured on, with near misses and with questions that the articles do not treat at all.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from index.command_line import run
from index.embedding import SentenceTransformerEmbedder
from index.store import NewsIndex
from qa.answers import Assistant
from qa.confidence import features
from qa.evidence import select_evidence
from qa.question_files import read_questions
from qa.questions import detect_language
from tests.benchmarks.questions import auroc, is_gold


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", action="append", type=Path, required=True)
    parser.add_argument("--questions", action="append", type=Path, required=True)
    arguments = parser.parse_args(argv)
    embedder = SentenceTransformerEmbedder()
    rows: list[tuple[float, float, float]] = []
    answered: list[bool] = []
    answerable: list[bool] = []
    for folder, path in zip(arguments.index, arguments.questions, strict=True):
        assistant = Assistant(NewsIndex(folder, embedder))
        for question in read_questions(path)[0]:
            ranked = assistant.rank(question.text, assistant.retrieve(question.text))
            shown = select_evidence(ranked)
            rows.append(features(ranked, detect_language(question.text)))
            answered.append(any(is_gold(question, e.article.name, e.sentence.text) for e in shown))
            answerable.append(question.answerable is True)
    model = LogisticRegression(C=1000, max_iter=5000).fit(np.array(rows), answered)
    print("_SCORE, _MARGIN, _FOREIGN =", *model.coef_[0].round(2), "_CONSTANT =", model.intercept_[0].round(2))
    probability = model.predict_proba(np.array(rows))[:, 1]
    is_answerable = np.array(answerable)
    print(f"AUROC, answerable against not: {auroc(probability[is_answerable], probability[~is_answerable]):.3f}")
    for threshold in (0.05, 0.1, 0.15, 0.2, 0.25, 0.3):
        refused = probability < threshold
        print(
            f"threshold {threshold:.2f} refuses {refused[is_answerable].mean():.1%} of the answerable questions, "
            f"{refused[~is_answerable].mean():.1%} of the others"
        )
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
