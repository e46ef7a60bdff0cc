"""Fixtures that the tests share; what they need is on this computer, so nothing is fetched."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["TQDM_DISABLE"] = "1"
os.environ.pop("BELEGSTELLE_INDEX", None)

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index.embedding import SentenceTransformerEmbedder
from index.store import NewsIndex
from qa.reader import TrainedReader

ARTICLES = Path(__file__).resolve().parent.parent / "articles"


@pytest.fixture(scope="session")
def embedder() -> SentenceTransformerEmbedder:
    """The embedded model, loaded once."""
    return SentenceTransformerEmbedder()


@pytest.fixture(scope="session")
def sample_index(
    embedder: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NewsIndex]:
    """An index of the sample articles, built with the embedded model; only to be read."""
    news_index = NewsIndex.open_or_create(tmp_path_factory.mktemp("sample") / "index", embedder)
    news_index.add([ARTICLES])
    yield news_index
    news_index.close()


@pytest.fixture
def sample_articles(tmp_path: Path) -> Path:
    """A copy of the sample articles that a test may change."""
    return Path(shutil.copytree(ARTICLES, tmp_path / "articles"))


@pytest.fixture
def write_article(tmp_path: Path) -> Callable[..., Path]:
    """Write a small article into the folder `news`: its text, and a header where title or date is given."""

    def write(name: str, text: str, *, title: str = "", date: str = "") -> Path:
        path = tmp_path / "news" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        header = (f"Titel: {title}\n" if title else "") + (f"Datum: {date}\n" if date else "")
        path.write_text(f"{header}\n{text}\n" if header else f"{text}\n", encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def reader() -> TrainedReader:
    """The reader that ships, loaded once."""
    reader = TrainedReader()
    reader.load()
    return reader
