"""The collection of articles as the page shows and changes it: arranged, added to by upload, removed from."""

import hashlib
import os
import re
import stat
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath

from filelock import FileLock, Timeout

from index.catalogue import Catalogue, Entry, Source
from index.errors import ArticleUnreadable, IndexBusy, InputInvalid
from index.files import ENDINGS, printable, read_bytes
from index.store import NewsIndex
from index.types import Article
from qa import render

_LONGEST_FIND = 200  # characters of what is searched for
_LONGEST_NAME = 200  # characters of an uploaded file's name
UPLOADS = "uploads"  # folder in that of the index
_UPLOADED = re.compile(r"[0-9a-f]{32}\.(?:[a-z]{2,6}|[0-9]{1,10}\.part)")  # a file in it, and one that was cut off
_TRANSCRIBED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_PATIENCE = 10  # seconds to wait for another program that is taking in an uploaded file


class Order(StrEnum):
    """What the articles are sorted by.

    For ADDED, the one that was stored last is first. An article whose file was changed counts as added anew, and so
    does one that was removed and is brought back; one that comes once more with another file stays where it is.
    """

    DATE = "date"  # the newest first, those without a date last
    TITLE = "title"
    OUTLET = "outlet"
    ADDED = "added"


def arranged(
    entries: Iterable[Entry],
    *,
    find: str = "",
    outlet: str = "",
    since: str | None = None,
    until: str | None = None,
    order: Order = Order.DATE,
) -> list[Entry]:
    """The entries whose title, outlet or file name holds all words of `find` (see `holds_words`), sorted.

    If they are named, only those of one outlet, and of the days from `since` to `until` (YYYY-MM-DD), in which an
    article without a date does not lie.
    """
    kept = [
        entry
        for entry in entries
        if outlet in ("", entry.article.publisher)
        and _lies_between(entry.article.date, since, until)
        and holds_words(
            f"{entry.article.title} {entry.article.publisher or ''} {entry.article.name}", find[:_LONGEST_FIND]
        )
    ]
    kept.sort(key=lambda entry: (entry.article.title.casefold(), entry.article.id))
    if order is Order.DATE:
        kept.sort(key=lambda entry: entry.article.date or "", reverse=True)
    elif order is Order.OUTLET:
        kept.sort(key=lambda entry: (entry.article.publisher is None, (entry.article.publisher or "").casefold()))
    elif order is Order.ADDED:
        kept.sort(key=lambda entry: entry.added, reverse=True)
    return kept


def _lies_between(date: str | None, since: str | None, until: str | None) -> bool:
    return (not since or (date or "") >= since) and (not until or "" < (date or "") <= until)


def holds_words(text: str, words: str) -> bool:
    """Whether a text holds all words, or beginnings or other parts of words, in whatever spelling.

    Capitals and accents do not count; an umlaut may be written ae, oe, ue, or a, o, u, and ß ss.
    """
    wanted = words.split()
    spellings = _spellings(text) if wanted else ()
    return all(
        any(part in spelled for part, spelled in zip(_spellings(word), spellings, strict=True)) for word in wanted
    )


def _spellings(text: str) -> tuple[str, str]:
    """A text in small letters without accents, once with its umlauts as ae, oe, ue, once without them."""
    folded = unicodedata.normalize("NFC", text).casefold()  # some computers take umlauts in file names apart
    return _without_accents(folded.translate(_TRANSCRIBED)), _without_accents(folded)


def _without_accents(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


def outlets(entries: Iterable[Entry]) -> list[str]:
    """The outlets of the articles, each once, by name."""
    known = {entry.article.publisher for entry in entries if entry.article.publisher}
    return sorted(known, key=lambda outlet: (outlet.casefold(), outlet))


def labels(entries: Sequence[Entry], language: str) -> list[str]:
    """What to call each article so that no two are called the same: title and file, and as much more as it takes."""
    found = [f"{entry.article.title} – {entry.article.name}" for entry in entries]
    for further in (
        [render.attribution(entry.article, language) for entry in entries],
        [PurePath(entry.paths[0].partition("#")[0]).parent.name for entry in entries],
        [entry.article.id for entry in entries],
    ):
        counts = Counter(found)
        found = [f"{label}, {more}" if counts[label] > 1 else label for label, more in zip(found, further, strict=True)]
    return found


def scope_names(entries: Iterable[Entry], sources: Iterable[Source]) -> list[str]:
    """What names each article alone in a scope: its file name, or its id where another one has that name too."""
    named: defaultdict[str, set[str]] = defaultdict(set)
    for source in sources:
        for name in (source.name, PurePath(source.name).name):
            named[name].add(source.article_id)
    return [
        entry.article.name if named[entry.article.name] == {entry.article.id} else entry.article.id for entry in entries
    ]


def period(entries: Iterable[Entry]) -> tuple[str, str] | None:
    """The first and the last day of the articles (YYYY-MM-DD); None where none has a date."""
    days = [entry.article.date for entry in entries if entry.article.date]
    return (min(days), max(days)) if days else None


@dataclass(frozen=True, slots=True)
class Removed:
    """An article that was removed, with the files, or records in files, that it came from."""

    article: Article
    sources: tuple[Source, ...]


def remove(news_index: NewsIndex, article_id: str) -> Removed | None:
    """Remove an article by its id; None where there is none. Raises IndexBusy where somebody else writes."""
    article = news_index.catalogue.article(article_id)
    if article is None:
        return None
    sources = tuple(source for source in news_index.catalogue.sources() if source.article_id == article_id)
    news_index.remove([article_id])
    return Removed(article, sources)


class Change(StrEnum):
    """What an uploaded file did to an article."""

    ADDED = "added"
    UPDATED = "updated"  # it stands for what the same file held before
    UNCHANGED = "unchanged"  # it was there already, from this file or another


@dataclass(frozen=True, slots=True)
class Came:
    """An article that an uploaded file holds."""

    article_id: str
    title: str
    change: Change


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one uploaded file."""

    name: str
    came: tuple[Came, ...] = ()  # by title, each article once
    reasons: tuple[str, ...] = ()  # why it, or something in it, was skipped


def receive(news_index: NewsIndex, paths: Sequence[Path]) -> Iterator[Received]:
    """Add uploaded files one by one; each is kept in the index's folder under a name made from its content.

    Raises IndexBusy where somebody else writes, InputInvalid where the folder cannot be written; what was added until
    then stays.
    """
    folder = news_index.folder / UPLOADS
    for path in paths:
        name = printable(path.name)[:_LONGEST_NAME]
        ending = path.suffix.lower()
        if ending not in ENDINGS:
            yield Received(name, (), (f"is no {', '.join(sorted(ENDINGS))} file",))
            continue
        try:
            with _uploads_lock(news_index, patience=_PATIENCE):
                kept = _kept(read_bytes(path), ending, folder)
                before = news_index.catalogue.sources()
                report = news_index.add([kept], names={kept: name})
        except ArticleUnreadable as error:
            yield Received(name, (), (str(error),))
            continue
        except Timeout as error:
            raise IndexBusy(f"{folder} is being added to by another process; try again when it has finished") from error
        came = _came(news_index.catalogue, kept.name, before)
        yield Received(name, came, tuple(skipped.reason for skipped in report.skipped))


def _came(catalogue: Catalogue, kept_name: str, before: Iterable[Source]) -> tuple[Came, ...]:
    """The articles of a file that was kept under a name and added; `before` are the sources before that."""
    stored = {source.article_id for source in before}
    paths = {source.path for source in before}
    changes: dict[str, Change] = {}
    for source in catalogue.sources():
        if PurePath(source.file).name == kept_name:  # the folder may have been moved
            fresh = Change.UPDATED if source.path in paths else Change.ADDED
            changes.setdefault(source.article_id, Change.UNCHANGED if source.article_id in stored else fresh)
    articles = [(catalogue.article(article_id), change) for article_id, change in changes.items()]
    came = [Came(article.id, article.title, change) for article, change in articles if article]
    return tuple(sorted(came, key=lambda one: (one.title.casefold(), one.article_id)))


def forget_removed(news_index: NewsIndex) -> None:
    """Delete the uploaded files that no article comes from any more, and nothing else.

    Call it where no removal can be undone any more, as at the start. Files go by their names, which tell their
    content, since the folder may have been moved.
    """
    folder = news_index.folder.resolve() / UPLOADS
    if folder.is_symlink() or not folder.is_dir():
        return
    with suppress(Timeout, OSError), _uploads_lock(news_index, patience=0):  # else another start will do it
        needed = {PurePath(source.file).name for source in news_index.catalogue.sources()}
        for path in folder.iterdir():
            if (
                _UPLOADED.fullmatch(path.name)
                and path.name not in needed
                and stat.S_ISREG(path.stat(follow_symlinks=False).st_mode)
            ):
                path.unlink(missing_ok=True)


def _uploads_lock(news_index: NewsIndex, *, patience: float) -> FileLock:
    """Held while a file is in the folder that no article comes from yet."""
    return FileLock(news_index.folder / "uploads.lock", timeout=patience)


def _kept(data: bytes, ending: str, folder: Path) -> Path:
    """Write a file whole or not at all, readable for its owner only."""
    path = folder.resolve() / f"{hashlib.sha256(data).hexdigest()[:32]}{ending}"
    if path.exists():
        return path
    beside = path.with_suffix(f".{os.getpid()}.part")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise InputInvalid(
            f"{folder} cannot be written ({error.strerror}); make room and see to it that the folder is yours"
        ) from error
    return path
