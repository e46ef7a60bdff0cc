"""The news index: a folder of articles that can be added to, searched and checked.

INDEX/catalogue.sqlite   the truth: articles, sentences, passages, vectors, search terms
INDEX/vectors-N.faiss    the passage vectors as of change N, made again from the catalogue where it is not whole
INDEX/catalogue.seal     what the catalogue's file was when it was last at rest, see `index.seal`
INDEX/write.lock         held by the one process that writes, INDEX/write.pid tells which
INDEX/uploads            files that were added in the chat; INDEX/feedback.jsonl, what was thought of answers there
"""

import hashlib
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from index import analysis, lexical, seal
from index.articles import READER_VERSION, content_id, read_file
from index.catalogue import FILE_NAME, Catalogue, Entry, Prepared, Source
from index.embedding import EMBEDDED, Embedder
from index.errors import ArticleUnreadable, IndexBusy, IndexDamaged, IndexMismatch, InputInvalid
from index.files import FoundFile, Skipped, find_files, printable, read_bytes
from index.passages import make_passages
from index.sentences import split_sentences
from index.settings import DEFAULTS, Settings
from index.types import Article, Hit, Passage, Sentence
from index.vectors import VectorIndex

_PROBE = "Woran erkennt man das Modell, mit dem dieser Index gebaut wurde?"
_UNRELATED = (
    ("Wer gewann das Rennen am Nürburgring?", "Der Gärtner schneidet die Rosen im Frühjahr."),
    ("Wie viel kostet ein Liter Milch?", "Im Konzert spielte das Orchester eine Sinfonie von Bruckner."),
    ("Wann wurde die Brücke gesperrt?", "Die Richterin vertagte die Verhandlung auf Donnerstag."),
    ("Warum streiken die Lokführer?", "Forscher fanden in der Höhle die Knochen eines Bären."),
)
_SAME_MODEL = 0.99  # cosine; one model in float32 and bfloat16 reaches 0.999, another model does not

_FEW_LOST = 3  # files that may go from a folder without a word
_LOST_SHARE = 0.3  # beyond these, the share of a folder's files that may

_BRIEFLY = 0.8  # seconds that a writer waits for the lock: who opens an index may hold it for a moment
_PATIENCE = 10  # seconds to wait for a writer that is bringing its log into the catalogue

Progress = Callable[[int, int, str], None]  # files done, files in all, what the index holds by now

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AddReport:
    """What an addition did, and what the index holds now."""

    added: int
    updated: int
    unchanged: int
    removed: int
    skipped: tuple[Skipped, ...]
    articles: int
    passages: int
    sentences: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Scope:
    """What a search is restricted to; the default is everything."""

    articles: tuple[str, ...] = ()  # ids, names or paths
    publishers: tuple[str, ...] = ()  # as the articles name them
    since: str | None = None  # YYYY-MM-DD, included
    until: str | None = None  # YYYY-MM-DD, included


EVERYTHING = Scope()


class NewsIndex:
    """An index folder, open for searching and, one process at a time, for changing.

    Threads may share it. Each search sees one state of the catalogue, the newest when it begins.
    """

    def __init__(self, folder: Path, embedder: Embedder, *, settings: Settings = DEFAULTS) -> None:
        """Open an index. Raises IndexMissing or IndexDamaged; what is derived is made again where it is not whole.

        Whether the embedder is the one that built the index is checked when it is first needed.
        """
        self.folder = folder
        self.settings = settings
        self.catalogue = Catalogue(folder / FILE_NAME)
        self._embedder = embedder
        self._fitting_probe: object = None
        self._lock = threading.Lock()
        self._vectors: VectorIndex | None = None
        self._vectors_sequence = -1
        try:
            self._check()
        except BaseException:
            self.catalogue.close()
            raise

    def _check(self) -> None:
        """Make sure that the catalogue is what was stored, after a crash too; that needs a closer look only then."""
        path = self.catalogue.path
        started = time.monotonic()
        while True:
            whole = self.catalogue.sealed()
            if whole and not seal.has_log(path):
                return
            try:
                with _writing(self.folder, patience=0):  # at its end a log that a crash left is in the catalogue
                    if not self.catalogue.sealed():
                        logger.warning("%s was not closed or has been changed; it is checked as a whole", path)
                        self.catalogue.examine()
                return
            except (IndexBusy, InputInvalid) as error:
                if whole:
                    return
                if isinstance(error, InputInvalid) or time.monotonic() - started > _PATIENCE:
                    raise
            time.sleep(0.05)  # a writer is bringing its log into the catalogue

    @classmethod
    def open_or_create(cls, folder: Path, embedder: Embedder, *, settings: Settings = DEFAULTS) -> "NewsIndex":
        """Open the index of a folder, or make an empty one where there is none."""
        if not (folder / FILE_NAME).exists():
            if folder.exists() and not folder.is_dir():
                raise InputInvalid(f"--index {folder} is a file; name a folder")
            with _writing(folder):
                if not (folder / FILE_NAME).exists():
                    Catalogue.create(folder / FILE_NAME, _model_state(embedder)).close()
        return cls(folder, embedder, settings=settings)

    def close(self) -> None:
        """Close the catalogue."""
        self.catalogue.close()

    @property
    def embedder(self) -> Embedder:
        """The embedder, once it has shown that it embeds as the one that built the index did, whatever it is called.

        Raises IndexMismatch where it does not.
        """
        probe = self.catalogue.state("probe")
        if probe != self._fitting_probe:  # another process may have built the index anew
            before = np.frombuffer(probe if isinstance(probe, bytes) else b"", dtype=np.float32)
            now = self._embedder.embed_question(_PROBE)
            if now.shape != before.shape or float(now @ before) < _SAME_MODEL:
                option = "" if self._embedder.name == EMBEDDED else f" --model {self._embedder.name}"
                raise IndexMismatch(
                    f"{self.folder} was built with the model {str(self.catalogue.state('model'))!r}, but "
                    f"{self._embedder.name!r} is loaded and embeds differently; name the first with --model, or build "
                    f"the vectors anew: python -m index rebuild --index {self.folder}{option}"
                )
            self._fitting_probe = probe
        return self._embedder

    @property
    def unrelated_cosine(self) -> float:
        """The cosine that this model gives texts that have nothing to do with each other; 0.76 for the embedded one."""
        return float(str(self.catalogue.state("unrelated_cosine")))

    # changing

    def add(
        self,
        paths: Sequence[Path],
        *,
        raw: bool = False,
        prune: bool = False,
        progress: Progress | None = None,
        names: Mapping[Path, str] | None = None,
    ) -> AddReport:
        """Read files and folders; store what is new or changed, leave the rest alone, drop what is no longer there.

        `names` are what files are called instead of by their own names, by their resolved paths.

        A file that cannot be used is skipped with its reason. A file that has gone from a named folder goes from the
        index too, unless that would be more than a few and `prune` is not set: the folder may just not be mounted.
        What is stored stays stored if the work is broken off.
        """
        started = time.monotonic()
        found, skipped = find_files(paths)
        found = [replace(file, name=(names or {}).get(file.path, file.name)) for file in found]
        tally: Counter[str] = Counter()
        with _writing(self.folder):
            known: dict[str, list[Source]] = {}
            for source in self.catalogue.sources():
                known.setdefault(source.file, []).append(source)
            for start in range(0, len(found), self.settings.commit_articles):
                batch = found[start : start + self.settings.commit_articles]
                read = [self._read(file, known.get(_storable(file.path), []), raw, tally, skipped) for file in batch]
                self._store([one for fresh, _ in read for one in fresh], [path for _, gone in read for path in gone])
                if progress:
                    progress(start + len(batch), len(found), f"{self.catalogue.counts()['passages']} passages")
            gone, kept = self._missing(paths, {_storable(file.path) for file in found}, known, prune=prune)
            self._store([], gone)
            self._save_snapshot()
        return AddReport(
            added=tally["added"],
            updated=tally["updated"],
            unchanged=tally["unchanged"],
            removed=tally["removed"] + len(gone),
            skipped=(*skipped, *kept),
            **self.catalogue.counts(),
            seconds=time.monotonic() - started,
        )

    def _read(
        self, file: FoundFile, before: Sequence[Source], raw: bool, tally: Counter[str], skipped: list[Skipped]
    ) -> tuple[list[tuple[Source, Article]], list[str]]:
        """Read one file unless it is unchanged: its new sources with their articles, and the paths that are gone."""
        path = _storable(file.path)
        reader = f"{READER_VERSION}{'-raw' if raw else ''}"
        try:
            data = read_bytes(file.path)
            sha256 = hashlib.sha256(data).hexdigest()
            same_name = all(source.name.partition("#")[0] == file.name.partition("#")[0] for source in before)
            if before and same_name and all((s.sha256, s.reader) == (sha256, reader) for s in before):
                tally["unchanged"] += len(before)
                return [], []
            content = read_file(data, file, raw=raw)
        except ArticleUnreadable as error:
            skipped.append(Skipped(printable(str(file.path)), str(error)))
            return [], []
        skipped += [Skipped(printable(f"{file.path}#{record}"), reason) for record, reason in content.faults]
        fresh = []
        old = {source.path: source.article_id for source in before}
        for record, article in content.articles:
            source = Source(f"{path}#{record}" if record else path, path, article.name, article.id, sha256, reader)
            was = old.pop(source.path, None)
            tally["added" if was is None else "unchanged" if was == article.id else "updated"] += 1
            fresh.append((source, article))
        tally["removed"] += len(old)
        return fresh, list(old)

    def _missing(
        self, named: Sequence[Path], found: set[str], known: Mapping[str, Sequence[Source]], *, prune: bool
    ) -> tuple[list[str], list[Skipped]]:
        """Paths of the sources whose files have gone from the named folders; if too many, none, and a word on them."""
        gone: list[str] = []
        kept: list[Skipped] = []
        for folder in named:
            root = _storable(folder.resolve()) + os.sep
            below = [file for file in known if file.startswith(root)]
            lost = [file for file in below if file not in found and not Path(file).exists()]
            if not prune and len(lost) > max(_FEW_LOST, _LOST_SHARE * len(below)):
                reason = f"{len(lost)} of its {len(below)} files have gone; if that is right, add it again with --prune"
                kept.append(Skipped(printable(str(folder)), reason))
                continue
            gone += [source.path for file in lost for source in known[file]]
        return gone, kept

    def _store(self, fresh: Sequence[tuple[Source, Article]], gone: Sequence[str]) -> None:
        """Store a batch in one transaction; what is stored already under another name is not embedded again."""
        if not fresh and not gone:
            return
        missing = {article.id: article for _, article in fresh if not self.catalogue.has_article(article.id)}
        prepared = self._prepare(list(missing.values()))
        with self.catalogue.changing():
            for item in prepared:
                self.catalogue.add(item)
            self.catalogue.set_sources([source for source, _ in fresh], gone=gone)

    def _prepare(self, articles: Sequence[Article]) -> list[Prepared]:
        """Split and embed articles."""
        embedder = self.embedder
        sentences = [split_sentences(article) for article in articles]
        lengths = iter(embedder.count_tokens([sentence.text for run in sentences for sentence in run]))
        aim = min(self.settings.passage_tokens, embedder.window - 16)
        passages = [
            make_passages(run, [next(lengths) for _ in run], aim=aim, overlap=self.settings.overlap_tokens)
            for run in sentences
        ]
        pairs = [(passage, article) for article, run in zip(articles, passages, strict=True) for passage in run]
        embedded = iter(embedder.embed_passages(pairs))
        prepared = []
        for article, in_article, run in zip(articles, sentences, passages, strict=True):
            positions = {sentence.start: position for position, sentence in enumerate(in_article)}
            vectors = np.zeros((len(run), embedder.dimension), dtype=np.float32)
            of_sentences = np.zeros((len(in_article), embedder.dimension), dtype=np.float32)
            for row, passage in enumerate(run):
                vectors[row], within = next(embedded)
                first = positions[passage.sentences[0].start]
                of_sentences[first : first + len(within)] += within
            # a sentence of two passages was read twice, each time with other neighbours
            of_sentences /= np.maximum(np.linalg.norm(of_sentences, axis=1, keepdims=True), 1e-12)
            prepared.append(Prepared(article, tuple(in_article), of_sentences, tuple(run), vectors))
        return prepared

    def remove(self, names: Sequence[str]) -> list[str]:
        """Remove articles by id, or files by the path or name they were added with; return the removed paths.

        Raises InputInvalid, and removes nothing, if a name fits none.
        """
        with _writing(self.folder):
            sources = self.catalogue.sources()
            doomed: list[str] = []
            for name in names:
                path = _storable(Path(name).resolve())
                fits = [s.path for s in sources if name in (s.article_id, s.path, s.name) or path in (s.path, s.file)]
                if not fits:
                    raise InputInvalid(
                        f"{name!r} is no article of {self.folder}; see: python -m index list --index {self.folder}"
                    )
                doomed += fits
            with self.catalogue.changing():
                self.catalogue.set_sources([], gone=doomed)
            self._save_snapshot()
        return sorted(set(doomed))

    def put_back(self, article: Article, sources: Sequence[Source]) -> None:
        """Store a removed article again as it was; a file that has been added anew since stays what it is."""
        with _writing(self.folder):
            taken = {source.path for source in self.catalogue.sources()}
            self._store([(source, article) for source in sources if source.path not in taken], [])
            self._save_snapshot()

    def rebuild(self) -> None:
        """Make vectors and lexical index anew from the stored articles, with this index's embedder."""
        with _writing(self.folder):
            with self.catalogue.changing():
                entries = sorted(self.catalogue.entries(), key=lambda entry: entry.added)
                articles = [entry.article for entry in entries]
                sources = self.catalogue.sources()
                self.catalogue.set_sources([], gone=[source.path for source in sources])
                self.catalogue.rebuild_lexical()
                self.catalogue.remember(**_model_state(self._embedder))
                for start in range(0, len(articles), self.settings.commit_articles):
                    for item in self._prepare(articles[start : start + self.settings.commit_articles]):
                        self.catalogue.add(item)
                self.catalogue.set_sources(sources)
            self._save_snapshot(always=True)

    def _save_snapshot(self, *, always: bool = False) -> None:
        """Write the FAISS file anew if it lacks more than a small share of the catalogue's state.

        The new file has a name of its own and the old one goes last, so one of them is whole at any moment.
        """
        with self.catalogue.reading():
            ids = self.catalogue.passage_ids()
            sequence = self.catalogue.sequence
            saved = None if always else self._load_snapshot()
            lag = len(set(ids) ^ saved.ids()) if saved else len(ids) + 1
            vectors = self._build_vectors(ids) if lag > self.settings.snapshot_lag * len(ids) else None
        if vectors is not None:
            self.catalogue.set_snapshot(sequence, vectors.save(_snapshot_path(self.folder, sequence)))
        noted = self.catalogue.snapshot()
        for other in self.folder.glob("vectors-*"):  # also what a crash has left
            if noted is None or other != _snapshot_path(self.folder, noted[0]):
                other.unlink(missing_ok=True)

    # searching

    def search(self, question: str, *, top: int, scope: Scope = EVERYTHING) -> list[Hit]:
        """The passages that best fit a question by meaning and by words, best first.

        Cosine and BM25 are each stretched to 0..1 over the candidates of both retrievers and added with their weights
        (Bruch, Gai, Ingber 2023, arXiv 2210.11934, call it convex combination).
        """
        with self.catalogue.reading():
            query = self.embedder.embed_question(question)
            vectors = self._current_vectors()
            among = (
                None
                if scope == EVERYTHING
                else self.catalogue.passage_ids(
                    names=scope.articles, publishers=scope.publishers, since=scope.since, until=scope.until
                )
            )
            reach = max(self.settings.candidates, top)
            near = dict(vectors.search(query, reach, among=None if among is None else np.array(among, dtype=np.int64)))
            worded = dict(lexical.search(self.catalogue.connection, question, reach, among=among))
            candidates = self.catalogue.candidates(list(near | worded))
            numbers = sorted(candidates)
            articles = [candidates[number][0] for number in numbers]
            cosines = [near.get(number, float(candidates[number][1] @ query)) for number in numbers]
            words = [worded.get(number, 0.0) for number in numbers]
            weight = self.settings.vector_weight
            joined = [
                weight * cosine + (1 - weight) * word
                for cosine, word in zip(_stretched(cosines), _stretched(words), strict=True)
            ]
            order = sorted(range(len(numbers)), key=lambda i: (-joined[i], articles[i], numbers[i]))
            order = self._spread(order, articles)[:top]
            stored = self.catalogue.passages([numbers[i] for i in order])
            copies = self.catalogue.near_copies(articles[i] for i in order)
        return [
            Hit(
                passage=stored[numbers[i]].passage,
                article=stored[numbers[i]].article,
                rank=rank,
                score=joined[i],
                similarity=cosines[i],
                lexical=words[i],
                sentence_similarities=tuple(map(float, stored[numbers[i]].sentence_vectors @ query)),
                copies=copies.get(articles[i], ()),
            )
            for rank, i in enumerate(order, start=1)
        ]

    def _spread(self, order: Sequence[int], articles: Sequence[str]) -> list[int]:
        """The order with what one article has too many of put last, so that an article of repetitions fills no list."""
        seen: Counter[str] = Counter()
        first: list[int] = []
        last: list[int] = []
        for place in order:
            seen[articles[place]] += 1
            (first if seen[articles[place]] <= self.settings.passages_of_article else last).append(place)
        return first + last

    def check_scope(self, scope: Scope) -> None:
        """Raise InputInvalid where an article or an outlet in the scope is none of the index."""
        strange = [("article", name) for name in scope.articles if not self.catalogue.passage_ids(names=[name])]
        strange += [("outlet", name) for name in scope.publishers if not self.catalogue.passage_ids(publishers=[name])]
        for kind, name in strange:
            raise InputInvalid(
                f"{name!r} is no {kind} of {self.folder}; see: python -m index list --index {self.folder}"
            )

    def _current_vectors(self) -> VectorIndex:
        """The vectors of the catalogue's state as this thread reads it; call it within `reading()`."""
        sequence = self.catalogue.sequence
        with self._lock:
            if self._vectors is None:
                self._vectors = self._load_snapshot() or self._build_vectors(self.catalogue.passage_ids())
            if sequence > self._vectors_sequence:
                self._vectors = self._brought_up(self._vectors)
                self._vectors_sequence = sequence
            return self._vectors

    def _brought_up(self, vectors: VectorIndex) -> VectorIndex:
        """What the vectors lack is added from the catalogue, what has gone is left out."""
        ids, held = set(self.catalogue.passage_ids()), vectors.ids()
        if ids == held:
            return vectors
        if len(ids ^ held) > len(held) // 2:
            return self._build_vectors(sorted(ids))
        missing = sorted(ids - held)
        return vectors.changed(
            without=held - ids, ids=np.array(missing, dtype=np.int64), vectors=self.catalogue.passage_vectors(missing)
        )

    def _load_snapshot(self) -> VectorIndex | None:
        """The saved FAISS file, if there is one and it is whole."""
        noted = self.catalogue.snapshot()
        if noted is None:
            return None
        try:
            return VectorIndex.load(_snapshot_path(self.folder, noted[0]), noted[1])
        except IndexDamaged as error:
            logger.warning("%s; it is made again from the catalogue", error)
            return None

    def _build_vectors(self, ids: Sequence[int]) -> VectorIndex:
        return VectorIndex.build(
            np.array(ids, dtype=np.int64), self.catalogue.passage_vectors(ids), exact_limit=self.settings.exact_limit
        )

    # looking

    def entries(self) -> list[Entry]:
        """All articles with their files and counts, by name."""
        with self.catalogue.reading():
            return self.catalogue.entries()

    def stats(self) -> dict[str, object]:
        """Counts, sizes on disk in bytes, the embedding model and the kind of FAISS index."""
        with self.catalogue.reading():
            sizes = {path.name: path.stat().st_size for path in sorted(self.folder.iterdir()) if path.is_file()}
            return {
                **self.catalogue.counts(),
                "model": self.catalogue.state("model"),
                "dimension": self.catalogue.state("dimension"),
                "faiss": self._current_vectors().kind,
                "sequence": self.catalogue.sequence,
                "bytes": sizes,
            }

    def faults(self) -> list[str]:
        """Whatever does not agree or is not whole, one line each; empty if all is well."""
        try:
            return self._faults()
        except IndexDamaged as error:  # so much that it cannot even be read
            return [str(error)]

    def _faults(self) -> list[str]:
        with _writing(self.folder), self.catalogue.reading():  # FTS5 checks itself by a statement that writes
            found = self._faults_of_content() or self.catalogue.faults_of_lexical()
            noted = self.catalogue.snapshot()
            if noted:
                try:
                    VectorIndex.load(_snapshot_path(self.folder, noted[0]), noted[1])
                except IndexDamaged as error:
                    found.append(str(error))
            if self.catalogue.state("analysis") != analysis.VERSION:
                found.append("the lexical index was made by another version of the German analysis")
        return found

    def _faults_of_content(self) -> list[str]:
        with self.catalogue.reading():
            found = self.catalogue.faults_of_content()
            for entry in self.catalogue.entries():
                found += _faults_of(entry, self.catalogue)
        return found

    def repair(self) -> list[str]:
        """Make derived files anew where they have faults; return the faults that remain."""
        if self.faults() and not self._faults_of_content():
            with _writing(self.folder):
                with self.catalogue.changing():
                    self.catalogue.rebuild_lexical()
                    self.catalogue.remember(analysis=analysis.VERSION)
                self._save_snapshot(always=True)
        return self.faults()


def _stretched(values: Sequence[float]) -> list[float]:
    """Values moved and scaled to 0..1; equal values give 0."""
    if not values:
        return []
    low, high = min(values), max(values)
    return [(value - low) / (high - low) if high > low else 0.0 for value in values]


def _faults_of(entry: Entry, catalogue: Catalogue) -> list[str]:
    """Whether an article still has the content that its id stands for, and sentences that lie within it."""
    article = entry.article
    found = []
    if content_id(article) != article.id:
        found.append(f"article {article.id} ({article.name}): its content is not what was stored")
    ends = [0, *(sentence.end for sentence in catalogue.sentences(article))]
    if any(not sentence.text.strip() for sentence in catalogue.sentences(article)) or sorted(ends) != ends:
        found.append(f"article {article.id} ({article.name}): its sentences do not lie in its text")
    return found


def _snapshot_path(folder: Path, sequence: int) -> Path:
    return folder / f"vectors-{sequence}.faiss"


def _storable(path: Path) -> str:
    """The path as the catalogue has it: a file's name may hold bytes that are no UTF-8."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


def _model_state(embedder: Embedder) -> dict[str, object]:
    """What is remembered of the model: enough to know it again, and what its cosines mean."""
    questions = np.stack([embedder.embed_question(question) for question, _ in _UNRELATED])
    sentences = [Article(id="", text=sentence) for _, sentence in _UNRELATED]
    passages = [(Passage("", 0, len(a.text), (Sentence("", 0, len(a.text), a.text),)), a) for a in sentences]
    unrelated = np.stack([vector for vector, _ in embedder.embed_passages(passages)])
    return {
        "unrelated_cosine": float((questions @ unrelated.T).mean()),
        "model": embedder.name,
        "dimension": embedder.dimension,
        "probe": embedder.embed_question(_PROBE).astype(np.float32).tobytes(),
        "analysis": analysis.VERSION,
    }


@contextmanager
def _writing(folder: Path, *, patience: float = _BRIEFLY) -> Iterator[None]:
    """Hold the index's write lock; a process that dies lets go of it. Raises IndexBusy if it is held for longer.

    At the end, however it comes, the catalogue's file is brought up to date and sealed.
    """
    lock = FileLock(folder / "write.lock", timeout=patience)
    holder = folder / "write.pid"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock.acquire()
    except Timeout as error:
        raise IndexBusy(
            f"{folder} is being written by another process{_told(holder)}; try again when it has finished"
        ) from error
    except OSError as error:
        reason = error.strerror or error
        raise InputInvalid(f"{folder} cannot be written ({reason}); name another folder with --index") from error
    try:
        with suppress(OSError):  # on a full disk, say
            holder.write_text(f"{os.getpid()}", encoding="ascii")
        yield
    finally:
        try:
            seal.settle(folder / FILE_NAME)
            with suppress(OSError):
                holder.unlink()
        finally:
            lock.release()


def _told(holder: Path) -> str:
    """Who holds the lock, as far as is known."""
    try:
        since = time.strftime("%H:%M:%S", time.localtime(holder.stat().st_mtime))
        return f" ({int(holder.read_text('ascii'))}, since {since})"
    except (OSError, ValueError):
        return ""
