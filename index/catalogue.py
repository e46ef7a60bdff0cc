"""Stores articles, sentences, passages and their vectors; the one truth that everything else is derived from.

One SQLite database (write-ahead log, a transaction for each batch of articles). `sequence` counts the transactions that
changed something, so a reader sees by one number whether anything is new. Passage numbers are never used twice, and a
passage never changes: an article that changes gets new ones.
"""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index import lexical
from index.embedding import Vectors
from index.errors import IndexBusy, IndexDamaged, IndexMismatch, IndexMissing, InputInvalid, NewsError
from index.types import Article, Passage, Sentence

FORMAT = 1
FILE_NAME = "catalogue.sqlite"

_SCHEMA = """
CREATE TABLE state (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE articles (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, publisher TEXT, date TEXT, url TEXT, text TEXT NOT NULL,
    sentence_vectors BLOB NOT NULL,  -- float16, a row a sentence
    checksum TEXT NOT NULL           -- of sentences, passages and vectors
) WITHOUT ROWID;
CREATE TABLE sources (  -- the files that an article came from; copies have one article and several files
    path TEXT PRIMARY KEY, name TEXT NOT NULL, article_id TEXT NOT NULL REFERENCES articles(id),
    sha256 TEXT NOT NULL, reader TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sources_of_article ON sources(article_id);
CREATE TABLE sentences (
    article_id TEXT NOT NULL REFERENCES articles(id), position INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, PRIMARY KEY (article_id, position)
) WITHOUT ROWID;
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, article_id TEXT NOT NULL REFERENCES articles(id),
    first INTEGER NOT NULL, last INTEGER NOT NULL,  -- positions of its first and last sentence
    vector BLOB NOT NULL                            -- float32
);
CREATE INDEX passages_of_article ON passages(article_id);
CREATE TABLE snapshot (sequence INTEGER NOT NULL, sha256 TEXT NOT NULL);  -- of the FAISS file; one row or none
"""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that an article came from."""

    path: str  # absolute
    name: str  # as it was added, relative to the folder that was named
    article_id: str
    sha256: str  # of the file's bytes
    reader: str  # how it was read; a file is read again when this changes


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article with all that is derived from it, ready to be stored."""

    article: Article
    sentences: tuple[Sentence, ...]
    sentence_vectors: Vectors  # (sentences, dimension)
    passages: tuple[Passage, ...]
    passage_vectors: Vectors  # (passages, dimension)


@dataclass(frozen=True, slots=True)
class Entry:
    """An article as a list shows it."""

    article: Article
    paths: tuple[str, ...]
    sentences: int
    passages: int


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with its article and the vectors that judge its sentences."""

    passage: Passage
    article: Article
    vector: Vectors  # (dimension,)
    sentence_vectors: Vectors  # (sentences of the passage, dimension)


class Catalogue:
    """The database of one index folder. Threads may share it: each has its own connection."""

    def __init__(self, path: Path) -> None:
        """Open an existing database. Raises IndexMissing, IndexDamaged or, for a newer format, IndexMismatch."""
        if not path.is_file():
            raise IndexMissing(
                f"{path.parent} holds no index; make one with: python -m index add --index {path.parent} PATH..."
            )
        self.path = path
        self._connections = threading.local()
        self._open: list[sqlite3.Connection] = []
        try:
            found = self.state("format")
        except sqlite3.DatabaseError as error:
            raise self._explained(error) from error
        if found is None or int(str(found)) > FORMAT:
            raise IndexMismatch(
                f"{path} has format {found}, this program reads up to {FORMAT}; install the Belegstelle that wrote it"
            )

    @classmethod
    def create(cls, path: Path, state: dict[str, object]) -> "Catalogue":
        """Make an empty database with what is to be remembered about the index."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_suffix(".new")
        beside.unlink(missing_ok=True)
        connection = sqlite3.connect(beside, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)
            lexical.create(connection)
            rows = {"format": FORMAT, "sequence": 0, **state}
            connection.executemany("INSERT INTO state(key, value) VALUES (?, ?)", rows.items())
        finally:
            connection.close()
        beside.chmod(0o600)
        beside.replace(path)
        return cls(path)

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._connections, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, isolation_level=None, timeout=30, check_same_thread=False)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            self._connections.connection = connection
            self._open.append(connection)
        return connection

    def close(self) -> None:
        """Close the connections of all threads."""
        while self._open:
            self._open.pop().close()
        self._connections = threading.local()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Everything read within sees one state of the catalogue, whatever is written meanwhile."""
        with self._transaction("BEGIN"):
            yield

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Everything changed within is stored together, with the next sequence number, or not at all."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield
            self.connection.execute("UPDATE state SET value = value + 1 WHERE key = 'sequence'")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        connection = self.connection
        if connection.in_transaction:
            yield
            return
        connection.execute(begin)
        try:
            yield
            connection.execute("COMMIT")
        except BaseException as error:
            if connection.in_transaction:  # SQLite itself rolls back after some errors
                connection.execute("ROLLBACK")
            # a subclass such as IntegrityError would be a mistake of this program
            if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
                raise self._explained(error) from error
            raise

    def _explained(self, error: sqlite3.DatabaseError) -> NewsError:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code == sqlite3.SQLITE_BUSY:
            return IndexBusy(f"{self.path} is being written by another process; try again when it has finished")
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            return InputInvalid(
                f"{self.path} cannot be used ({error}); check the disk and its permissions, then try again"
            )
        return IndexDamaged(
            f"{self.path} is damaged ({error}); put the folder aside and add the articles again: "
            f"python -m index add --index {self.path.parent} PATH..."
        )

    # state

    def state(self, key: str) -> object:
        """A remembered value; None where there is none."""
        row = self.connection.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def remember(self, **values: object) -> None:
        """Keep values under their names."""
        self.connection.executemany("INSERT OR REPLACE INTO state(key, value) VALUES (?, ?)", values.items())

    @property
    def sequence(self) -> int:
        """The number of the last change."""
        return int(str(self.state("sequence")))

    def counts(self) -> dict[str, int]:
        """How many articles, passages and sentences there are."""
        return {table: self._count(table) for table in ("articles", "passages", "sentences")}

    def _count(self, table: str) -> int:
        return int(self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - constants

    # writing

    def add(self, prepared: Prepared) -> None:
        """Store an article that is not there yet, with its sentences, passages and vectors."""
        article = prepared.article
        vectors = prepared.sentence_vectors.astype(np.float16).tobytes()
        self.connection.execute(
            "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, '')",
            (article.id, article.title, article.publisher, article.date, article.url, article.text, vectors),
        )
        self.connection.executemany(
            "INSERT INTO sentences VALUES (?, ?, ?, ?)",
            [
                (article.id, position, sentence.start, sentence.end)
                for position, sentence in enumerate(prepared.sentences)
            ],
        )
        positions = {sentence.start: position for position, sentence in enumerate(prepared.sentences)}
        for passage, vector in zip(prepared.passages, prepared.passage_vectors, strict=True):
            first, last = positions[passage.sentences[0].start], positions[passage.sentences[-1].start]
            cursor = self.connection.execute(
                "INSERT INTO passages(article_id, first, last, vector) VALUES (?, ?, ?, ?)",
                (article.id, first, last, vector.astype(np.float32).tobytes()),
            )
            text = article.text[passage.start : passage.end]
            lexical.add(self.connection, int(cursor.lastrowid or 0), title=article.title, text=text)
        self.connection.execute(
            "UPDATE articles SET checksum = ? WHERE id = ?", (self._checksum(article.id), article.id)
        )

    def set_sources(self, sources: Iterable[Source]) -> None:
        """Note the files that articles came from; an article that no file stands for any more goes."""
        left: list[str] = []
        for source in sources:
            row = self.connection.execute("SELECT article_id FROM sources WHERE path = ?", (source.path,)).fetchone()
            if row:
                left.append(row[0])
            self.connection.execute(
                "INSERT OR REPLACE INTO sources(path, name, article_id, sha256, reader) VALUES (?, ?, ?, ?, ?)",
                (source.path, source.name, source.article_id, source.sha256, source.reader),
            )
        for article_id in left:  # last, since another of the files may have taken the article over
            self._remove_orphan(article_id)

    def remove_source(self, path: str) -> None:
        """Forget a file, with its article unless another file stands for it."""
        row = self.connection.execute("SELECT article_id FROM sources WHERE path = ?", (path,)).fetchone()
        if row:
            self.connection.execute("DELETE FROM sources WHERE path = ?", (path,))
            self._remove_orphan(row[0])

    def _remove_orphan(self, article_id: str) -> None:
        if self.connection.execute("SELECT 1 FROM sources WHERE article_id = ?", (article_id,)).fetchone():
            return
        passages = self.connection.execute("SELECT id FROM passages WHERE article_id = ?", (article_id,)).fetchall()
        lexical.remove(self.connection, [row[0] for row in passages])
        for statement in (
            "DELETE FROM passages WHERE article_id = ?",
            "DELETE FROM sentences WHERE article_id = ?",
            "DELETE FROM articles WHERE id = ?",
        ):
            self.connection.execute(statement, (article_id,))

    def rebuild_lexical(self) -> None:
        """Make the lexical index anew from articles and passages."""
        self.connection.execute("DROP TABLE IF EXISTS lexical")
        lexical.create(self.connection)
        for passage_id, title, text in self.connection.execute(
            'SELECT p.id, a.title, substr(a.text, f.start + 1, l."end" - f.start) FROM passages p '
            "JOIN articles a ON a.id = p.article_id "
            "JOIN sentences f ON f.article_id = p.article_id AND f.position = p.first "
            "JOIN sentences l ON l.article_id = p.article_id AND l.position = p.last ORDER BY p.id"
        ).fetchall():
            lexical.add(self.connection, passage_id, title=title, text=text)

    # reading

    def sources(self) -> list[Source]:
        """All files, by path."""
        rows = self.connection.execute("SELECT path, name, article_id, sha256, reader FROM sources ORDER BY path")
        return [Source(*row) for row in rows]

    def has_article(self, article_id: str) -> bool:
        """Whether an article with this content is stored."""
        return self.connection.execute("SELECT 1 FROM articles WHERE id = ?", (article_id,)).fetchone() is not None

    def article(self, article_id: str) -> Article | None:
        """An article by its id."""
        return next(iter(self._articles([article_id]).values()), None)

    def _articles(self, ids: Iterable[str]) -> dict[str, Article]:
        rows = self.connection.execute(
            "SELECT id, text, title, publisher, date, url, "
            "(SELECT name FROM sources WHERE article_id = articles.id ORDER BY path LIMIT 1) "
            "FROM articles WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        return {row[0]: Article(*row) for row in rows}

    def entries(self) -> list[Entry]:
        """All articles, by the name of their first file."""
        paths: dict[str, list[str]] = {}
        for source in self.sources():
            paths.setdefault(source.article_id, []).append(source.path)
        sentences = self._counts_by_article("sentences")
        passages = self._counts_by_article("passages")
        articles = self._articles(paths)
        entries = [
            Entry(article, tuple(paths[key]), sentences.get(key, 0), passages.get(key, 0))
            for key, article in articles.items()
        ]
        return sorted(entries, key=lambda entry: (entry.article.name, entry.article.id))

    def _counts_by_article(self, table: str) -> dict[str, int]:
        return dict(self.connection.execute(f"SELECT article_id, count(*) FROM {table} GROUP BY article_id"))  # noqa: S608

    def sentences(self, article: Article) -> list[Sentence]:
        """The sentences of a stored article in order."""
        rows = self.connection.execute(
            'SELECT start, "end" FROM sentences WHERE article_id = ? ORDER BY position', (article.id,)
        )
        return [Sentence(article.id, start, end, article.text[start:end]) for start, end in rows]

    def passages(self, ids: Sequence[int]) -> dict[int, StoredPassage]:
        """Passages by number; a number that is not there (any more) is left out."""
        rows = self.connection.execute(
            "SELECT id, article_id, first, last, vector FROM passages WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        ).fetchall()
        articles = self._articles({row[1] for row in rows})
        sentences = {key: self.sentences(article) for key, article in articles.items()}
        found: dict[int, StoredPassage] = {}
        for number, article_id, first, last, vector in rows:
            run = tuple(sentences[article_id][first : last + 1])
            found[number] = StoredPassage(
                Passage(article_id, run[0].start, run[-1].end, run),
                articles[article_id],
                np.frombuffer(vector, dtype=np.float32),
                self._sentence_vectors(article_id, len(sentences[article_id]))[first : last + 1],
            )
        return found

    def _sentence_vectors(self, article_id: str, count: int) -> Vectors:
        row = self.connection.execute("SELECT sentence_vectors FROM articles WHERE id = ?", (article_id,)).fetchone()
        return np.frombuffer(row[0], dtype=np.float16).reshape(count, -1).astype(np.float32)

    def passage_ids(
        self, *, names: Sequence[str] = (), since: str | None = None, until: str | None = None
    ) -> list[int]:
        """The numbers of all passages, or of those whose article has one of the names and lies in the period.

        A name is an article's id, or the name, path or bare file name of one of its files. Dates are YYYY-MM-DD,
        both ends included; an article without a date lies in no period.
        """
        conditions: list[str] = []
        parameters: list[object] = []
        if names:
            wanted = set(names)
            ids = {
                source.article_id
                for source in self.sources()
                if wanted & {source.article_id, source.name, source.path, Path(source.name).name}
            }
            conditions.append("a.id IN (SELECT value FROM json_each(?))")
            parameters.append(json.dumps(sorted(ids)))
        for bound, condition in ((since, "a.date >= ?"), (until, "a.date <= ?")):
            if bound:
                conditions.append(condition)
                parameters.append(bound)
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = self.connection.execute(
            f"SELECT p.id FROM passages p JOIN articles a ON a.id = p.article_id {where} ORDER BY p.id",  # noqa: S608
            parameters,
        )
        return [row[0] for row in rows]

    def passage_vectors(self, ids: Sequence[int]) -> Vectors:
        """The vectors of passages, shape (n, dimension), in the order of their numbers."""
        rows = self.connection.execute(
            "SELECT vector FROM passages WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
            (json.dumps(list(ids)),),
        )
        dimension = int(str(self.state("dimension")))
        return np.frombuffer(b"".join(row[0] for row in rows), dtype=np.float32).reshape(-1, dimension)

    # the saved FAISS file

    def snapshot(self) -> tuple[int, str] | None:
        """The sequence number and SHA-256 of the saved FAISS file; None where none was saved."""
        row = self.connection.execute("SELECT sequence, sha256 FROM snapshot").fetchone()
        return (int(row[0]), str(row[1])) if row else None

    def set_snapshot(self, sequence: int, sha256: str) -> None:
        """Note the FAISS file that was saved."""
        with self._transaction("BEGIN IMMEDIATE"):
            self.connection.execute("DELETE FROM snapshot")
            self.connection.execute("INSERT INTO snapshot VALUES (?, ?)", (sequence, sha256))

    # checking

    def _checksum(self, article_id: str) -> str:
        """SHA-256 over the sentences, passages and vectors of an article."""
        digest = hashlib.sha256()
        for statement in (
            'SELECT position, start, "end" FROM sentences WHERE article_id = ? ORDER BY position',
            "SELECT first, last, vector FROM passages WHERE article_id = ? ORDER BY id",
            "SELECT sentence_vectors FROM articles WHERE id = ?",
        ):
            for row in self.connection.execute(statement, (article_id,)):
                digest.update(repr(row).encode())
        return digest.hexdigest()

    def faults(self) -> list[str]:
        """What is wrong with the database, one line each; empty if nothing is."""
        found = [f"the catalogue is damaged ({row[0]})" for row in self.connection.execute("PRAGMA integrity_check")]
        found = [fault for fault in found if not fault.endswith("(ok)")]
        found += [
            f"the catalogue is damaged (orphan in {row[0]})"
            for row in self.connection.execute("PRAGMA foreign_key_check")
        ]
        for key, checksum in self.connection.execute("SELECT id, checksum FROM articles ORDER BY id").fetchall():
            if self._checksum(key) != checksum:
                found.append(f"article {key}: its sentences, passages or vectors are not those that were stored")
        found += lexical.faults(self.connection)
        if self.connection.execute(
            "SELECT 1 FROM (SELECT id FROM passages EXCEPT SELECT rowid FROM lexical) "
            "UNION ALL SELECT 1 FROM (SELECT rowid FROM lexical EXCEPT SELECT id FROM passages)"
        ).fetchone():
            found.append("the lexical index does not hold the catalogue's passages")
        return found
