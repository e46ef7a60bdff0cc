"""Ranks passages by BM25 over German search terms; the one home of SQLite's FTS5.

The table lives in the catalogue, so it changes in the same transaction as the articles. It holds search terms, not
text: `body` and `title` those of `analysis.terms`, `names` the keys under which transliterated names meet.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from index.analysis import name_keys, terms

_TABLE = "CREATE VIRTUAL TABLE lexical USING fts5(body, title, names, tokenize = 'unicode61')"

# weights of the columns in BM25: the passage's words count, its article's title less, a name's other spelling a little
_BODY, _TITLE, _NAMES = 1.0, 0.5, 0.3
_MOST_TERMS = 64  # of a question; a pasted page would be slow and says no more


def create(connection: sqlite3.Connection) -> None:
    """Make the empty table."""
    connection.execute(_TABLE)


def add(connection: sqlite3.Connection, passage_id: int, *, title: str, text: str) -> None:
    """Enter a passage under its number."""
    row = _row(passage_id, title, text)
    connection.execute("INSERT INTO lexical(rowid, body, title, names) VALUES (?, ?, ?, ?)", row)


def _row(passage_id: int, title: str, text: str) -> tuple[int, str, str, str]:
    return passage_id, " ".join(terms(text)), " ".join(terms(title)), " ".join(name_keys(text))


def remove(connection: sqlite3.Connection, passage_ids: Sequence[int]) -> None:
    """Take passages out."""
    connection.executemany("DELETE FROM lexical WHERE rowid = ?", [(passage_id,) for passage_id in passage_ids])


def search(
    connection: sqlite3.Connection, query: str, top: int, *, among: Sequence[int] | None = None
) -> list[tuple[int, float]]:
    """The `top` passages with their BM25 scores, best first; `among` restricts the search. No terms, no passages."""
    match = _match(query)
    if not match:
        return []
    parameters: list[object] = [match]
    restriction = ""
    if among is not None:
        restriction = "AND rowid IN (SELECT value FROM json_each(?))"
        parameters.append("[" + ",".join(map(str, among)) + "]")
    rows = connection.execute(
        f"SELECT rowid, -bm25(lexical, {_BODY}, {_TITLE}, {_NAMES}) AS score FROM lexical "  # noqa: S608 - constants
        f"WHERE lexical MATCH ? {restriction} ORDER BY score DESC, rowid LIMIT ?",
        [*parameters, top],
    )
    return [(int(passage_id), float(score)) for passage_id, score in rows]


def _match(query: str) -> str:
    """The query in FTS5's language: any of its terms, any of its names."""
    words = list(dict.fromkeys(terms(query)))[:_MOST_TERMS]
    names = list(dict.fromkeys(name_keys(query)))[:_MOST_TERMS]
    parts = [f'{{body title}} : "{word}"' for word in words] + [f'names : "{name}"' for name in names]
    return " OR ".join(parts)


def faults(connection: sqlite3.Connection, passages: Iterable[tuple[int, str, str]]) -> list[str]:
    """Where the table is not whole, or not what numbers, titles and texts of the passages, in order, give."""
    try:
        connection.execute("INSERT INTO lexical(lexical) VALUES ('integrity-check')")
        statement = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'lexical'").fetchone()
        rows = connection.execute("SELECT rowid, body, title, names FROM lexical ORDER BY rowid")
        expected = (_row(*passage) for passage in passages)
        same = statement == (_TABLE,) and all(held == made for held, made in zip_longest(rows, expected))
    except sqlite3.DatabaseError as error:
        return [f"the lexical index is damaged ({error})"]
    return [] if same else ["the lexical index does not hold the catalogue's passages"]
