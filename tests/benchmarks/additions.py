"""Measures what ten new articles cost in an index of many: `python -m tests.benchmarks.additions --articles 10000`.

The articles are made of the sample articles' sentences, shuffled, so that no two are alike. Prints, from one run, the
seconds for an empty and for the large index, and their ratio.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from index.articles import read_file
from index.command_line import run
from index.embedding import Embedder, SentenceTransformerEmbedder
from index.files import FoundFile
from index.sentences import split_sentences
from index.store import NewsIndex
from tests.helpers import CountingEmbedder

SAMPLES = Path(__file__).parents[2] / "articles"
SENTENCES = 12  # an article


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--counting", action="store_true", help="count words instead of embedding: the index alone")
    arguments = parser.parse_args(argv)
    pool = _sentences()
    embedder: Embedder = CountingEmbedder() if arguments.counting else SentenceTransformerEmbedder()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        small = NewsIndex.open_or_create(root / "small", embedder)
        small.add([_write(root / "first", 10, pool, seed=0)])  # loads the model
        alone = small.add([_write(root / "alone", 10, pool, seed=1)]).seconds
        large = NewsIndex.open_or_create(root / "large", embedder)
        built = large.add([_write(root / "many", arguments.articles, pool, seed=2)])
        print(f"{built.articles} articles, {built.passages} passages in {built.seconds:.0f} s")
        added = large.add([_write(root / "ten", 10, pool, seed=3)]).seconds
        again = large.add([root / "many"]).seconds
        print(f"ten more articles: {alone:.2f} s in an index of ten, {added:.2f} s in that of {built.articles}")
        print(f"ratio {added / alone:.2f}; adding the {built.articles} again, unchanged: {again:.2f} s")
    return 0


def _sentences() -> list[str]:
    found: list[str] = []
    for path in sorted(SAMPLES.glob("*.txt")):
        for _, article in read_file(path.read_bytes(), FoundFile(path, path.name)).articles:
            found += [sentence.text for sentence in split_sentences(article)]
    return found


def _write(folder: Path, count: int, pool: Sequence[str], *, seed: int) -> Path:
    chance = random.Random(seed)
    folder.mkdir()
    for number in range(count):
        text = " ".join(chance.sample(pool, SENTENCES))
        (folder / f"{number:06}.txt").write_text(f"Titel: Artikel {seed}/{number}\n\n{text}\n", encoding="utf-8")
    return folder


if __name__ == "__main__":
    sys.exit(run(main))
