"""Stores articles, sentences, passages and their vectors; the one truth that everything else is derived from.

One SQLite database (write-ahead log, a transaction for each batch of articles). `sequence` counts the transactions that
changed something, so a reader sees by one number whether anything is new. Passage numbers are never used twice, and a
passage never changes: an article that changes gets new ones.
"""

import hashlib
import json
import logging
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

import numpy as np

from index import copies, lexical, seal
from index.embedding import Vectors
from index.errors import IndexBusy, IndexDamaged, IndexMismatch, IndexMissing, InputInvalid, NewsError
from index.types import Article, Passage, Sentence

FORMAT = 1
FILE_NAME = "catalogue.sqlite"

_LONGEST_REASON = 200  # characters of what SQLite says

_LONG_LOG = 64_000_000  # bytes; a longer one makes reading slow

logger = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE state (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE articles (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, publisher TEXT, date TEXT, url TEXT, text TEXT NOT NULL,
    date_source TEXT, language TEXT,
    signature BLOB,                  -- MinHash; none for a short text
    sentence_vectors BLOB NOT NULL,  -- float16, a row a sentence
    checksum TEXT NOT NULL           -- of the rest of the row and of sentences, passages, vectors and bands
);
CREATE TABLE sources (  -- where an article came from; copies have one article and several sources
    path TEXT PRIMARY KEY, file TEXT NOT NULL, name TEXT NOT NULL, article_id TEXT NOT NULL REFERENCES articles(id),
    sha256 TEXT NOT NULL, reader TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sources_of_article ON sources(article_id);
CREATE TABLE bands (  -- of signatures; articles that share one may be near copies
    band BLOB NOT NULL, article_id TEXT NOT NULL REFERENCES articles(id), PRIMARY KEY (band, article_id)
) WITHOUT ROWID;
CREATE INDEX bands_of_article ON bands(article_id);
CREATE TABLE near_copies (  -- both ways
    article_id TEXT NOT NULL REFERENCES articles(id), other_id TEXT NOT NULL REFERENCES articles(id),
    PRIMARY KEY (article_id, other_id)
) WITHOUT ROWID;
CREATE INDEX near_copies_other ON near_copies(other_id);
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
    """A file, or a record in a file, that an article came from."""

    path: str  # absolute, with "#record" for a record
    file: str  # absolute
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
    near_copies: tuple[str, ...]  # ids of the articles that are nearly the same
    # the later it was stored, the larger; it means nothing outside of this database, so entries compare without it
    added: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with its article and the vectors that judge its sentences."""

    passage: Passage
    article: Article
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
            self._file: FileIO | None = seal.opened(path)
        except OSError as error:
            raise self._unusable(error) from error
        found = self._number("format")
        if found > FORMAT:
            raise IndexMismatch(
                f"{path} has format {found}, this program reads up to {FORMAT}; install the Belegstelle that wrote it"
            )

    @classmethod
    def create(cls, path: Path, state: dict[str, object]) -> "Catalogue":
        """Make an empty database with what is to be remembered about the index.

        Raises IndexDamaged where there was one, of which only files beside it are left.
        """
        if seal.leftovers(path):
            raise IndexDamaged(
                f"{path} is missing, although other files of its index are there; put the folder aside and add the "
                f"articles again: python -m index add --index {path.parent} PATH..."
            )
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_suffix(".new")
        beside.unlink(missing_ok=True)
        try:
            connection = sqlite3.connect(beside, isolation_level=None)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(_SCHEMA)
                lexical.create(connection)
                rows = {"format": FORMAT, "sequence": 0, **state}
                connection.executemany("INSERT INTO state(key, value) VALUES (?, ?)", rows.items())
                checksum = _checksum_of_small_tables(connection)
                connection.execute("INSERT INTO state VALUES ('checksum', ?)", (checksum,))
            finally:
                connection.close()
            beside.chmod(0o600)
            sha256 = seal.digest(beside)
            beside.replace(path)
            seal.write(path, seal.Seal(sha256, 0))
        except (OSError, sqlite3.OperationalError) as error:
            raise InputInvalid(f"{path} cannot be written ({error}); check the disk, then try again") from error
        finally:
            for suffix in ("", "-wal", "-shm"):
                beside.with_name(beside.name + suffix).unlink(missing_ok=True)
        return cls(path)

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._connections, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, isolation_level=None, timeout=30, check_same_thread=False)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA wal_autocheckpoint = 0")  # the database file changes in `seal.settle` alone
            self._connections.connection = connection
            self._open.append(connection)
        return connection

    def close(self) -> None:
        """Close the connections of all threads."""
        while self._open:
            self._open.pop().close()
        self._connections = threading.local()
        self._file = None

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
        if self.connection.in_transaction:  # of a caller, who stores it
            return
        seal.note_change(self.path, self.sequence)
        if seal.log_size(self.path) > _LONG_LOG:
            seal.settle(self.path)

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        connection = self.connection
        if connection.in_transaction:
            yield
            return
        try:
            connection.execute(begin)
            yield
            if begin != "BEGIN":
                self.remember(checksum=_checksum_of_small_tables(connection))
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
            return self._unusable(error)
        return self._damaged(str(error))

    def _unusable(self, error: Exception) -> InputInvalid:
        return InputInvalid(f"{self.path} cannot be used ({error}); check the disk and its permissions, then try again")

    def _damaged(self, reason: str) -> IndexDamaged:
        line = " ".join(reason.split())[:_LONGEST_REASON]  # SQLite quotes what it cannot read, whole articles too
        return IndexDamaged(
            f"{self.path} is damaged ({line}); put the folder aside and add the articles again: "
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
        return self._number("sequence")

    def _number(self, key: str) -> int:
        try:
            return int(str(self.state(key)))
        except sqlite3.DatabaseError as error:
            raise self._explained(error) from error
        except ValueError as error:
            raise self._damaged(f"its {key} is no number") from error

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
            "INSERT INTO articles(id, title, publisher, date, url, text, date_source, language, sentence_vectors, "
            "checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
            (
                *(article.id, article.title, article.publisher, article.date, article.url),
                *(article.text, article.date_source, article.language, vectors),
            ),
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
        self._find_near_copies(article)
        self.connection.execute(
            "UPDATE articles SET checksum = ? WHERE id = ?", (self._checksum(article.id), article.id)
        )

    def _find_near_copies(self, article: Article) -> None:
        """Keep the article's signature, and pair it with the stored articles that are nearly the same."""
        signature = copies.signature(article.text)
        if signature is None:
            return
        bands = copies.bands(signature)
        self.connection.executemany("INSERT INTO bands VALUES (?, ?)", [(band, article.id) for band in bands])
        candidates = self.connection.execute(
            "SELECT DISTINCT a.id, a.signature FROM bands mine JOIN bands theirs ON theirs.band = mine.band "
            "JOIN articles a ON a.id = theirs.article_id WHERE mine.article_id = ? AND theirs.article_id != ?",
            (article.id, article.id),
        ).fetchall()
        near = [key for key, other in candidates if copies.shared(signature, other) >= copies.LEAST_SHARED]
        self.connection.executemany(
            "INSERT INTO near_copies VALUES (?, ?)",
            [pair for key in near for pair in ((article.id, key), (key, article.id))],
        )
        self.connection.execute("UPDATE articles SET signature = ? WHERE id = ?", (signature, article.id))

    def set_sources(self, sources: Iterable[Source], *, gone: Iterable[str] = ()) -> None:
        """Note where articles come from and forget the paths that are gone; what nothing stands for any more goes."""
        left: list[str] = []
        for path in gone:
            row = self.connection.execute("SELECT article_id FROM sources WHERE path = ?", (path,)).fetchone()
            if row:
                left.append(row[0])
                self.connection.execute("DELETE FROM sources WHERE path = ?", (path,))
        for source in sources:
            row = self.connection.execute("SELECT article_id FROM sources WHERE path = ?", (source.path,)).fetchone()
            if row:
                left.append(row[0])
            self.connection.execute(
                "INSERT OR REPLACE INTO sources(path, file, name, article_id, sha256, reader) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (source.path, source.file, source.name, source.article_id, source.sha256, source.reader),
            )
        for article_id in left:  # last, since another of the files may have taken the article over
            self._remove_orphan(article_id)

    def _remove_orphan(self, article_id: str) -> None:
        if self.connection.execute("SELECT 1 FROM sources WHERE article_id = ?", (article_id,)).fetchone():
            return
        passages = self.connection.execute("SELECT id FROM passages WHERE article_id = ?", (article_id,)).fetchall()
        lexical.remove(self.connection, [row[0] for row in passages])
        for statement in (
            "DELETE FROM near_copies WHERE article_id = ?",
            "DELETE FROM near_copies WHERE other_id = ?",
            "DELETE FROM bands WHERE article_id = ?",
            "DELETE FROM passages WHERE article_id = ?",
            "DELETE FROM sentences WHERE article_id = ?",
            "DELETE FROM articles WHERE id = ?",
        ):
            self.connection.execute(statement, (article_id,))

    def rebuild_lexical(self) -> None:
        """Make the lexical index anew from articles and passages."""
        self.connection.execute("DROP TABLE IF EXISTS lexical")
        lexical.create(self.connection)
        for passage_id, title, text in self._passage_texts():
            lexical.add(self.connection, passage_id, title=title, text=text)

    def _passage_texts(self) -> list[tuple[int, str, str]]:
        """Number, title and text of all passages."""
        return self.connection.execute(
            'SELECT p.id, a.title, substr(a.text, f.start + 1, l."end" - f.start) FROM passages p '
            "JOIN articles a ON a.id = p.article_id "
            "JOIN sentences f ON f.article_id = p.article_id AND f.position = p.first "
            "JOIN sentences l ON l.article_id = p.article_id AND l.position = p.last ORDER BY p.id"
        ).fetchall()

    # reading

    def sources(self) -> list[Source]:
        """All files, by path."""
        rows = self.connection.execute("SELECT path, file, name, article_id, sha256, reader FROM sources ORDER BY path")
        return [Source(*row) for row in rows]

    def has_article(self, article_id: str) -> bool:
        """Whether an article with this content is stored."""
        return self.connection.execute("SELECT 1 FROM articles WHERE id = ?", (article_id,)).fetchone() is not None

    def article(self, article_id: str) -> Article | None:
        """An article by its id."""
        return next(iter(self._articles([article_id]).values()), None)

    def _articles(self, ids: Iterable[str]) -> dict[str, Article]:
        rows = self.connection.execute(
            "SELECT id, text, title, publisher, date, url, date_source, language, "
            "(SELECT name FROM sources WHERE article_id = articles.id ORDER BY path LIMIT 1) "
            "FROM articles WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        return {row[0]: Article(*row) for row in rows}

    def near_copies(self, article_ids: Iterable[str]) -> dict[str, tuple[Article, ...]]:
        """For each of the articles that has near copies, those, copies of copies included, by their names."""
        groups: dict[str, set[str]] = {}
        for article_id in set(article_ids):
            group, fresh = {article_id}, {article_id}
            while fresh:
                rows = self.connection.execute(
                    "SELECT other_id FROM near_copies WHERE article_id IN (SELECT value FROM json_each(?))",
                    (json.dumps(sorted(fresh)),),
                )
                fresh = {row[0] for row in rows} - group
                group |= fresh
            if len(group) > 1:
                groups[article_id] = group - {article_id}
        articles = self._articles({other for group in groups.values() for other in group})
        by_name = sorted(articles.values(), key=lambda article: (article.name, article.id))
        return {key: tuple(article for article in by_name if article.id in group) for key, group in groups.items()}

    def entries(self) -> list[Entry]:
        """All articles, by the name of their first file."""
        paths: dict[str, list[str]] = {}
        for source in self.sources():
            paths.setdefault(source.article_id, []).append(source.path)
        sentences = self._counts_by_article("sentences")
        passages = self._counts_by_article("passages")
        # passages are numbered in the order in which they come, and no number is used twice
        added = dict(self.connection.execute("SELECT article_id, min(id) FROM passages GROUP BY article_id"))
        articles = self._articles(paths)
        pairs = self.connection.execute("SELECT DISTINCT article_id FROM near_copies").fetchall()
        copies = self.near_copies(row[0] for row in pairs)
        entries = [
            Entry(
                article,
                tuple(paths[key]),
                sentences.get(key, 0),
                passages.get(key, 0),
                tuple(copy.id for copy in copies.get(key, ())),
                added.get(key, 0),
            )
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

    def candidates(self, ids: Sequence[int]) -> dict[int, tuple[str, Vectors]]:
        """Of passages by number the id of the article and the vector; a number that is not there is left out."""
        rows = self.connection.execute(
            "SELECT id, article_id, vector FROM passages WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        return {number: (article_id, np.frombuffer(vector, dtype=np.float32)) for number, article_id, vector in rows}

    def passages(self, ids: Sequence[int]) -> dict[int, StoredPassage]:
        """Passages by number; a number that is not there (any more) is left out."""
        rows = self.connection.execute(
            "SELECT id, article_id, first, last FROM passages WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        ).fetchall()
        articles = self._articles({row[1] for row in rows})
        sentences = {key: self.sentences(article) for key, article in articles.items()}
        found: dict[int, StoredPassage] = {}
        for number, article_id, first, last in rows:
            run = tuple(sentences[article_id][first : last + 1])
            found[number] = StoredPassage(
                Passage(article_id, run[0].start, run[-1].end, run),
                articles[article_id],
                self._sentence_vectors(article_id, len(sentences[article_id]))[first : last + 1],
            )
        return found

    def passage_spans(self, article_id: str) -> list[tuple[int, int]]:
        """Where the passages of an article start and end, in the order in which they stand."""
        rows = self.connection.execute(
            'SELECT a.start, b."end" FROM passages p '
            "JOIN sentences a ON a.article_id = p.article_id AND a.position = p.first "
            "JOIN sentences b ON b.article_id = p.article_id AND b.position = p.last "
            "WHERE p.article_id = ? ORDER BY p.first, p.last",
            (article_id,),
        )
        return [(start, end) for start, end in rows]

    def _sentence_vectors(self, article_id: str, count: int) -> Vectors:
        row = self.connection.execute("SELECT sentence_vectors FROM articles WHERE id = ?", (article_id,)).fetchone()
        return np.frombuffer(row[0], dtype=np.float16).reshape(count, -1).astype(np.float32)

    def passage_ids(
        self,
        *,
        names: Sequence[str] = (),
        publishers: Sequence[str] = (),
        since: str | None = None,
        until: str | None = None,
    ) -> list[int]:
        """The numbers of all passages, or of those whose article has one of the names, is by a publisher and in time.

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
        if publishers:
            conditions.append("a.publisher IN (SELECT value FROM json_each(?))")
            parameters.append(json.dumps(list(publishers)))
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

    def sealed(self) -> bool:
        """Whether the database file is what was noted of it. Raises IndexDamaged where changes in the log are lost."""
        noted = seal.read(self.path)  # first: the log is always as far
        try:
            if noted is None or seal.digest(self.path) != noted.sha256:
                return False
        except OSError as error:
            raise self._unusable(error) from error
        if self.sequence < noted.sequence:
            raise self._damaged(f"its log lacks what was stored after change {self.sequence} of {noted.sequence}")
        return True

    def examine(self) -> None:
        """Check all that is stored, make the lexical index anew if need be, and note the file as whole.

        Raises IndexDamaged where something is not what was stored. The caller holds the write lock.
        """
        noted = seal.read(self.path)
        faults = self.faults_of_content()
        if noted and self.sequence < noted.sequence:
            faults.append(f"change {self.sequence} is older than change {noted.sequence}, which was stored")
        if faults:
            raise self._damaged(faults[0])
        lexical_faults = self.faults_of_lexical()
        if lexical_faults:
            logger.warning("%s; it is made again from the articles", lexical_faults[0])
            with self.changing():
                self.rebuild_lexical()
        seal.settle(self.path, trusted=True)

    def _checksum(self, article_id: str) -> str:
        """SHA-256 over an article and all that is kept with it."""
        digest = hashlib.sha256()
        for statement in (
            "SELECT id, title, publisher, date, url, text, date_source, language, signature, sentence_vectors "
            "FROM articles WHERE id = ?",
            'SELECT position, start, "end" FROM sentences WHERE article_id = ? ORDER BY position',
            "SELECT id, first, last, vector FROM passages WHERE article_id = ? ORDER BY id",
            "SELECT band FROM bands WHERE article_id = ? ORDER BY band",
        ):
            for row in self.connection.execute(statement, (article_id,)):
                digest.update(repr(row).encode())
        return digest.hexdigest()

    def faults(self) -> list[str]:
        """What is wrong with the database, one line each; empty if nothing is."""
        return self.faults_of_content() or self.faults_of_lexical()

    def faults_of_content(self) -> list[str]:
        """What is not as it was stored, apart from the lexical index."""
        with self.reading():
            checked = [" ".join(row[0].split()) for row in self.connection.execute("PRAGMA integrity_check")]
            # newer versions of SQLite check FTS5's tables, too, which is left to `faults_of_lexical`
            found = [
                f"the catalogue is damaged ({line})" for line in checked if line != "ok" and "FTS5 table" not in line
            ]
            found += [f"the catalogue is damaged (orphan in {table})" for table in self._tables_with_orphans()]
            if found:
                return found
            if self.state("checksum") != _checksum_of_small_tables(self.connection):
                found.append("the catalogue's list of sources, or its state, is not what was stored")
            for key, checksum in self.connection.execute("SELECT id, checksum FROM articles ORDER BY id").fetchall():
                if self._checksum(key) != checksum:
                    found.append(f"article {key}: its sentences, passages or vectors are not those that were stored")
        return found

    def _tables_with_orphans(self) -> list[str]:
        """What PRAGMA foreign_key_check finds, in a tenth of its time: it looks up an article for every sentence."""
        articles = {row[0] for row in self.connection.execute("SELECT id FROM articles")}
        references = self.connection.execute(
            'SELECT m.name, f."from" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f ORDER BY m.name'
        ).fetchall()
        return [
            table
            for table, column in references
            if {row[0] for row in self.connection.execute(f"SELECT DISTINCT {column} FROM {table}")} - articles  # noqa: S608
        ]

    def faults_of_lexical(self) -> list[str]:
        """Where the lexical index is not what the articles and passages give."""
        return lexical.faults(self.connection, self._passage_texts())


def _checksum_of_small_tables(connection: sqlite3.Connection) -> str:
    """SHA-256 over all that belongs to no single article, but for what is derived."""
    digest = hashlib.sha256()
    for statement in (
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'lexical%' ORDER BY type, name",
        "SELECT key, value FROM state WHERE key NOT IN ('analysis', 'checksum') ORDER BY key",
        "SELECT path, file, name, article_id, sha256, reader FROM sources ORDER BY path",
        "SELECT article_id, other_id FROM near_copies ORDER BY article_id, other_id",
        "SELECT sequence, sha256 FROM snapshot",
        "SELECT name, seq FROM sqlite_sequence ORDER BY name",  # numbers of passages that are used
    ):
        for row in connection.execute(statement):
            digest.update(repr(row).encode())
    return digest.hexdigest()
