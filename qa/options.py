"""The options of whatever answers questions, and the assistant that they ask for."""

import argparse
from dataclasses import replace

from index.store import NewsIndex
from qa.answers import Assistant
from qa.reader import NONE, TRAINED, named_reader
from qa.settings import DEFAULTS, Refusal


def answering_options() -> argparse.ArgumentParser:
    """The options, as a parent of a command's parser."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(
        "--reader",
        default=TRAINED,
        metavar="NAME_OR_PATH",
        help=f"what reads the passages: {TRAINED!r} ships with the program (default), {NONE!r} ranks by similarity "
        "alone, and any other name is that of a question-answering model of transformers, of the hub or a folder",
    )
    parser.add_argument(
        "--refusal",
        type=Refusal,
        choices=list(Refusal),
        default=DEFAULTS.refusal,
        help=f"how readily an answer is withheld (default {DEFAULTS.refusal})",
    )
    return parser


def named_assistant(arguments: argparse.Namespace, news_index: NewsIndex) -> Assistant:
    """The assistant that the options name. Raises ModelUnavailable where a model cannot be loaded."""
    return assistant_for(news_index, reader=arguments.reader, refusal=arguments.refusal)


def assistant_for(news_index: NewsIndex, *, reader: str = TRAINED, refusal: Refusal = DEFAULTS.refusal) -> Assistant:
    """An assistant with its models loaded, so that the first question is timed like the others.

    Raises ModelUnavailable where a model cannot be loaded.
    """
    loaded = named_reader(reader)
    _ = news_index.embedder
    if loaded:
        loaded.load()
    return Assistant(news_index, reader=loaded, settings=replace(DEFAULTS, refusal=refusal))
