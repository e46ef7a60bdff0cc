"""What the command lines share: options, errors as one line, and text that a terminal can be trusted with."""

import argparse
import io
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn, Protocol

from tqdm import tqdm

from index.embedding import EMBEDDED, SentenceTransformerEmbedder
from index.errors import InputInvalid, NewsError
from index.files import printable
from index.store import AddReport, NewsIndex

INDEX_VARIABLE = "BELEGSTELLE_INDEX"


def common_options() -> argparse.ArgumentParser:
    """The options that every command takes, as a parent of its parser."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--index", metavar="DIR", help=f"the index folder (default: the variable {INDEX_VARIABLE})")
    parser.add_argument(
        "--model",
        metavar="NAME_OR_PATH",
        help="a sentence-transformers model of the hub or in a folder (default: the embedded multilingual-e5-small)",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    return parser


def index_folder(named: str | None) -> Path:
    """The index folder from the option or the environment. Raises InputInvalid where neither names one."""
    folder = named or os.environ.get(INDEX_VARIABLE)
    if not folder:
        raise InputInvalid(f"no index is named; give --index DIR or set {INDEX_VARIABLE}")
    return Path(folder).expanduser()


def named_embedder(arguments: argparse.Namespace) -> SentenceTransformerEmbedder:
    """The embedding model that the options name; it is loaded, and unpacked if need be, when it is first needed."""
    if arguments.quiet:
        logging.getLogger("index").setLevel(logging.WARNING)
    return SentenceTransformerEmbedder(arguments.model or EMBEDDED)


def open_index(arguments: argparse.Namespace) -> NewsIndex:
    """The existing index that the options name."""
    return NewsIndex(index_folder(arguments.index), named_embedder(arguments))


class ShowProgress(Protocol):
    """Something to tell progress to."""

    def __call__(self, done: int, total: int, note: str = "") -> None:
        """So many are done of so many; `note` says what came of it."""


def progress_bar(unit: str, *, quiet: bool) -> ShowProgress | None:
    """A bar with rate and time left on a terminal, a line now and then elsewhere, nothing where it should be quiet."""
    if quiet:
        return None
    if not sys.stderr.isatty():
        return _progress_lines(unit)
    bar: tqdm[NoReturn] = tqdm(unit=f" {unit}", file=sys.stderr, leave=False)

    def show(done: int, total: int, note: str = "") -> None:
        if not bar.n:
            bar.initial = done - 1  # what was done before is no speed
        bar.total = total
        bar.set_postfix_str(note, refresh=False)
        bar.update(done - bar.n)
        if done == total:
            bar.close()

    return show


def _progress_lines(unit: str) -> ShowProgress:
    """A line for the first, the last and about every tenth part."""
    told = -1
    first = 0
    begun = time.monotonic()

    def show(done: int, total: int, note: str = "") -> None:
        nonlocal told, first
        first = first or done
        if done == total or done * 10 // total > told:
            told = done * 10 // total
            rate = (done - first + 1) / max(time.monotonic() - begun, 1e-3)
            speed = f", {rate:.1f} a second, {(total - done) / rate:.0f} s left" if done < total else ""
            print(f"{done} of {total} {unit}{speed}{note and f', {note}'}", file=sys.stderr, flush=True)

    return show


def summary(report: AddReport) -> str:
    """An addition in a line for people."""
    changes = f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged"
    changes += f", {report.removed} removed" if report.removed else ""
    skipped = f", {len(report.skipped)} skipped" if report.skipped else ""
    totals = f"{report.articles} articles, {report.passages} passages, {report.sentences} sentences"
    return f"{changes}{skipped} in {report.seconds:.1f} s; the index holds {totals}"


def run(program: Callable[[Sequence[str] | None], int], argv: Sequence[str] | None = None) -> int:
    """Run a command line and turn what it raises into an exit status, with one line on stderr.

    0 success, 1 the work could not be done, 2 wrong usage (argparse), 130 and 143 stopped by Ctrl-C and SIGTERM.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("index").setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, _stop)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # whatever the terminal's language is
    try:
        status = program(argv)
        sys.stdout.flush()
        return status
    except NewsError as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; what was finished is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # the reader of our output has gone; what is left of it must not fail again when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(143)
