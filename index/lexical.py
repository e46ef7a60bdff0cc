"""Ranks passages by BM25 over German search terms; the one home of SQLite's FTS5.

The table lives in the catalogue, so it changes in the same transaction as the articles. It holds search terms, not
text: `body` and `title` those of `analysis.terms`, `names` the keys under which transliterated names meet.
"""

import sqlite3
from collections.abc import Sequence

from index.analysis import name_keys, terms

# weights of the columns in BM25: the passage's words count, its article's title less, a name's other spelling a little
_BODY, _TITLE, _NAMES = 1.0, 0.5, 0.3
_MOST_TERMS = 64  # of a question; a pasted page would be slow and says no more


def create(connection: sqlite3.Connection) -> None:
    """Make the empty table."""
    connection.execute("CREATE VIRTUAL TABLE lexical USING fts5(body, title, names, tokenize = 'unicode61')")


def add(connection: sqlite3.Connection, passage_id: int, *, title: str, text: str) -> None:
    """Enter a passage under its number."""
    columns = (" ".join(terms(text)), " ".join(terms(title)), " ".join(name_keys(text)))
    connection.execute("INSERT INTO lexical(rowid, body, title, names) VALUES (?, ?, ?, ?)", (passage_id, *columns))


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


def faults(connection: sqlite3.Connection) -> list[str]:
    """What is wrong with the table, as FTS5's own check sees it; empty if nothing is."""
    try:
        connection.execute("INSERT INTO lexical(lexical) VALUES ('integrity-check')")
    except sqlite3.DatabaseError as error:
        return [f"the lexical index is damaged ({error})"]
    return []
