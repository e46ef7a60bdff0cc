"""Writes what other programs read: TREC runs and judgements, and tables for spreadsheets."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote

import numpy as np

_SEPARATING = re.compile(r"[\s%\x00-\x1f\x7f]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet begins to compute at, or skips on its way there


def trec_run(rankings: Iterable[tuple[str, Sequence[tuple[str, float]]]], name: str) -> Iterator[str]:
    """The lines `qid Q0 docid rank score tag` of question ids with their ranked ids and finite scores, best first.

    trec_eval goes by the score, in single precision, and breaks ties by the id; so a score that does not fall is
    lowered to the next smaller number of that precision, and the order stays as given. An id that comes again in a
    ranking is left out, since trec_eval refuses it. White space, controls and % in ids are written as in addresses
    (%20, %25), which `urllib.parse.unquote` undoes. Each line has its line end.
    """
    tag = _word(name)
    for question, ranking in rankings:
        ranked = dict(reversed(ranking))  # the first score of an id counts
        below = np.float32(np.inf)
        for rank, one in enumerate(dict.fromkeys(document for document, _ in ranking), start=1):
            below = min(np.float32(ranked[one]), np.nextafter(below, np.float32(-np.inf)))
            yield f"{_word(question)} Q0 {_word(one)} {rank} {below!s} {tag}\n"


def trec_qrels(judged: Iterable[tuple[str, Mapping[str, int]]]) -> Iterator[str]:
    """The lines `qid 0 docid grade` of question ids with the grades of what is relevant; ids as in `trec_run`."""
    for question, grades in judged:
        for document, grade in grades.items():
            yield f"{_word(question)} 0 {_word(document)} {grade}\n"


def _word(text: str) -> str:
    return _SEPARATING.sub(lambda found: quote(found[0], safe=""), text)


def csv_table(rows: Iterable[Mapping[str, object]]) -> str:
    """A table with all the columns that the rows have, in the order in which they first come; None is an empty cell.

    A text that a spreadsheet would take for a formula gets an apostrophe in front, which makes it text. All text is
    quoted, so that a program that separates cells by semicolons finds no other cells in it.
    """
    kept = list(rows)
    columns = list(dict.fromkeys(column for row in kept for column in row))
    table = io.StringIO()
    writer = csv.writer(table, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    if columns:
        writer.writerow(map(_cell, columns))
        writer.writerows([_cell(row.get(column)) for column in columns] for row in kept)
    return table.getvalue()


def _cell(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
