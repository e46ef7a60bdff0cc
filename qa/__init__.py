"""Answering questions about articles, and measuring the answers.

As a library: `evaluate(index, questions, out)` answers and scores a question file, `compare(first, second)` sets two
such evaluations against each other.
"""

from qa.comparison import compare
from qa.evaluation import evaluate

__all__ = ["compare", "evaluate"]
