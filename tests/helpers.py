"""What several tests build their objects with."""

import os
import re
import zlib
from collections.abc import Sequence

import numpy as np
import pytest

from index.articles import content_id
from index.embedding import Vectors
from index.sentences import split_sentences
from index.types import Article, Passage


class CountingEmbedder:
    """Counts words into a few dimensions; the same words give the same vector on every machine."""

    def __init__(self, name: str = "counting", *, dimension: int = 64, window: int = 128) -> None:
        """An embedder with another name or dimension is another model."""
        self.name = self._salt = name
        self.dimension = dimension
        self.window = window
        self.embedded = 0  # passages

    def _vector(self, text: str) -> Vectors:
        vector = np.full(self.dimension, 1e-3, dtype=np.float32)
        for word in re.findall(r"\w+", text.lower()):
            vector[zlib.crc32((self._salt + word).encode()) % self.dimension] += 1
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"\w+", text)) for text in texts]

    def embed_question(self, question: str) -> Vectors:
        return self._vector(question)

    def embed_passages(self, passages: Sequence[tuple[Passage, Article]]) -> list[tuple[Vectors, Vectors]]:
        self.embedded += len(passages)
        return [
            (
                self._vector(article.text[passage.start : passage.end]),
                np.stack([self._vector(sentence.text) for sentence in passage.sentences]),
            )
            for passage, article in passages
        ]


def make_article(text: str, **fields: str | None) -> Article:
    """An article with the id that its content gives."""
    article = Article(id="", text=text, **fields)  # type: ignore[arg-type]
    return Article(content_id(article), text, **fields)  # type: ignore[arg-type]


def one_passage(article: Article) -> Passage:
    """All of an article's sentences as one passage."""
    sentences = tuple(split_sentences(article))
    return Passage(article.id, sentences[0].start, sentences[-1].end, sentences)


def impossible_here(reason: str) -> None:
    """Skip what this computer lacks something for, but never where all tests are meant to run."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
