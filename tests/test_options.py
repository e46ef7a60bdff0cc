import argparse
from functools import partial

import pytest
from helpers import CountingEmbedder
from test_reader_model import make_weights

from index.errors import IndexMismatch, ModelUnavailable
from index.store import NewsIndex
from qa import reader
from qa.options import answering_options, named_assistant
from qa.reader import TrainedReader
from qa.settings import BY_READER, BY_SIMILARITY, Refusal


def options(*arguments):
    return argparse.ArgumentParser(parents=[answering_options()]).parse_args(arguments)


@pytest.fixture
def news_index(tmp_path):
    news_index = NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder())
    yield news_index
    news_index.close()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), {"reader": "trained", "refusal": Refusal.NORMAL}),
        (("--reader", "none"), {"reader": "none", "refusal": Refusal.NORMAL}),
        (("--refusal", "strict"), {"reader": "trained", "refusal": Refusal.STRICT}),
        (("--refusal", "normal"), {"reader": "trained", "refusal": Refusal.NORMAL}),
        (
            ("--refusal", "generous", "--reader", "somebody/model"),
            {"reader": "somebody/model", "refusal": Refusal.GENEROUS},
        ),
    ],
)
def test_answering_options_are_read(arguments, expected):
    assert vars(options(*arguments)) == expected


def test_refusal_that_there_is_not_is_told_with_those_that_there_are(capsys):
    with pytest.raises(SystemExit) as exit_:
        options("--refusal", "never")
    assert exit_.value.code == 2
    printed = capsys.readouterr().err
    assert "--refusal" in printed
    assert all(refusal in printed.replace("'", "") for refusal in ("never", "strict", "normal", "generous"))


@pytest.mark.parametrize("refusal", list(Refusal))
def test_named_assistant_without_reader_goes_by_similarity(news_index, refusal):
    assistant = named_assistant(options("--reader", "none", "--refusal", refusal), news_index)
    assert (assistant.news_index, assistant.reader, assistant.weights) == (news_index, None, BY_SIMILARITY)
    assert assistant.settings.refusal == refusal
    assert assistant.threshold == BY_SIMILARITY.thresholds[refusal]


def test_named_assistant_loads_the_trained_reader(news_index, tmp_path, monkeypatch):
    make_weights(tmp_path / "weights", trained_layers=1)
    monkeypatch.setattr(reader, "TrainedReader", partial(TrainedReader, tmp_path / "weights"))
    assistant = named_assistant(options("--refusal", "strict"), news_index)
    assert (type(assistant.reader), assistant.weights) == (TrainedReader, BY_READER)
    assert {"_network", "_tokenizer"} <= vars(assistant.reader).keys()
    assert assistant.threshold == BY_READER.thresholds[Refusal.STRICT]


def test_named_assistant_says_at_once_that_a_reader_cannot_be_loaded(news_index, tmp_path):
    with pytest.raises(ModelUnavailable, match=r"^--reader .*nowhere"):
        named_assistant(options("--reader", str(tmp_path / "nowhere")), news_index)


def test_named_assistant_says_at_once_that_the_index_has_another_embedding_model(news_index):
    other = NewsIndex(news_index.folder, CountingEmbedder("another", dimension=32))
    with pytest.raises(IndexMismatch):
        named_assistant(options("--reader", "none"), other)
    other.close()
