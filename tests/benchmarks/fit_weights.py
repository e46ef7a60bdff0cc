"""Fits how a sentence's score is made and what confidence follows: prints the numbers that stand in qa/settings.py.

    python -m tests.benchmarks.fit_weights SET... --index FOLDER [--reader trained|none|NAME]

The sets are the files of written articles and questions that the reader is trained on; asked are the questions of those
articles that training leaves out. Each is asked twice: of all articles, and as if its own article were not there.
Scores: a conditional logit over the sentences of a question's passages. Confidence: a logistic regression; a question
counts as answered if one of the sentences that would be cited is gold.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression

from index.command_line import run
from index.embedding import SentenceTransformerEmbedder
from index.types import Hit
from qa.answers import Assistant
from qa.confidence import features
from qa.evidence import rank_evidence, select_evidence
from qa.measures import auroc
from qa.options import answering_options
from qa.questions import detect_language
from qa.reader import named_reader
from qa.settings import Weights
from qa.training_data import Written, held_out, index_articles, read_rows, written_questions
from qa.types import Evidence, Verdict

Array = npt.NDArray[np.float64]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, parents=[answering_options()])
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--index", type=Path, required=True, help="where the index of the articles is or will be")
    parser.add_argument("--every", type=int, default=1, help="ask each so-many-th question only")
    parser.add_argument("--unanswerable", type=float, default=0.15, help="expected share of unanswerable questions")
    arguments = parser.parse_args(argv)
    rows = [row for path in arguments.sets for row in read_rows(path)]
    news_index = index_articles([row for row in rows if "qas" in row], arguments.index, SentenceTransformerEmbedder())
    assistant = Assistant(news_index, reader=named_reader(arguments.reader))
    asked = [question for question in written_questions(rows) if held_out(question.article)][:: arguments.every]
    print(f"{len(asked)} questions, {sum(bool(question.gold) for question in asked)} of them answerable")
    found = [_found(assistant, question) for question in asked]
    weights = _fit_scores(found, assistant)
    print(weights)
    _fit_confidence(found, assistant, weights, arguments.unanswerable)
    return 0


Found = tuple[Written, list[Hit], list[tuple[Verdict, ...]] | None]


def _found(assistant: Assistant, question: Written) -> Found:
    """The passages of a question, and what the reader says of their sentences."""
    hits = assistant.retrieve(question.question)
    return question, hits, assistant.reader.read(question.question, hits) if assistant.reader else None


def _ranked(found: Found, assistant: Assistant, weights: Weights, *, absent: bool) -> list[Evidence]:
    """The sentences of a question, best first; with `absent` as if the article it is about were not there."""
    question, hits, verdicts = found
    kept = [n for n, hit in enumerate(hits) if not absent or hit.article.name != f"{question.article}.txt"]
    if assistant.reader:
        kept = kept[: assistant.settings.read]
    top = max((hits[n].score for n in kept), default=0.0) or 1.0
    return rank_evidence(
        question.question,
        [replace(hits[n], score=hits[n].score / top) for n in kept],
        [verdicts[n] for n in kept] if verdicts else None,
        unrelated_cosine=assistant.news_index.unrelated_cosine,
        weights=weights,
    )


def _gold(question: Written, evidence: Evidence) -> bool:
    said = " ".join(evidence.sentence.text.split())
    return evidence.article.name == f"{question.article}.txt" and any(
        said in wanted or wanted in said for wanted in (" ".join(gold.split()) for gold in question.gold)
    )


def _fit_scores(found: Sequence[Found], assistant: Assistant) -> Weights:
    """The weights that make the gold sentences likeliest among all sentences of their questions."""
    tables: list[tuple[Array, npt.NDArray[np.bool_]]] = []
    for one in found:
        question, ranked = one[0], _ranked(one, assistant, assistant.weights, absent=False)
        gold = np.array([_gold(question, evidence) for evidence in ranked])
        if gold.any():
            tables.append((np.array([_parts(evidence) for evidence in ranked]), gold))
    count = tables[0][0].shape[1]

    def loss(weights: Array) -> float:
        total = 0.0
        for table, gold in tables:
            scores = table @ weights
            total += float(logsumexp(scores) - logsumexp(scores[gold]))
        return total / len(tables) + 1e-3 * float(weights @ weights)

    start = np.ones(count)
    fitted = minimize(loss, start, method="L-BFGS-B", bounds=[(0, None)] * count).x
    unit = fitted[0] / 0.05 if assistant.reader else fitted[2]  # scores of about 0 to 1
    evidence, span, similarity, kind, passage = (float(round(value / unit, 3)) for value in fitted)
    before = assistant.weights
    return replace(before, evidence=evidence, span=span, similarity=similarity, kind=kind, passage=passage)


def _parts(evidence: Evidence) -> tuple[float, ...]:
    verdict = evidence.verdict
    said = (verdict.evidence, verdict.span_score) if verdict else (0.0, 0.0)
    return (*np.clip(said, -30, 30), evidence.similarity, float(evidence.fits_kind), evidence.passage_score)


def _fit_confidence(found: Sequence[Found], assistant: Assistant, weights: Weights, unanswerable: float) -> None:
    """Print the confidence's weights and what thresholds refuse; the questions count as if so many had no answer."""
    rows: list[tuple[float, ...]] = []
    answered: list[bool] = []
    kinds: list[str] = []
    for one in found:
        question = one[0]
        for absent in (False, True):
            ranked = _ranked(one, assistant, weights, absent=absent)
            if not ranked:
                continue
            rows.append(features(ranked, detect_language(question.question)))
            answered.append(any(_gold(question, evidence) for evidence in select_evidence(ranked, weights=weights)))
            kinds.append("absent" if absent else "answerable" if question.gold else "near miss")
    kind = np.array(kinds)
    # two near misses for one question about something that the articles do not treat at all
    shares = {"answerable": 1 - unanswerable, "near miss": unanswerable * 2 / 3, "absent": unanswerable / 3}
    counted = np.array([shares[name] / (kind == name).sum() for name in kinds]) * len(kinds)
    model = LogisticRegression(C=1000, max_iter=5000).fit(np.array(rows), answered, sample_weight=counted)
    print("certain =", (*model.coef_[0].round(3).tolist(), round(float(model.intercept_[0]), 3)))
    probability = model.predict_proba(np.array(rows))[:, 1]
    area = auroc(probability[kind == "answerable"], probability[kind == "near miss"])
    print(f"AUROC, answerable against near misses: {area:.3f}")
    for threshold in np.arange(0.05, 0.75, 0.05):
        refused = probability < threshold
        named = ", ".join(f"{refused[kind == name].mean():.1%} {name}" for name in shares)
        print(f"threshold {threshold:.2f} refuses {named}")


if __name__ == "__main__":
    sys.exit(run(main))
