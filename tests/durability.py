"""Kills, damages and limits the work on a small index and judges what is left of it.

After a kill, the index must open without repair, be whole, and be in a state before or after a batch. After damage to
one of its files, it must give the same answers, or be refused with one line.
"""

import logging
import multiprocessing
import os
import random
import resource
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from index.catalogue import FILE_NAME
from index.command_line import run
from index.errors import IndexMissing, NewsError
from index.settings import Settings
from index.store import NewsIndex
from tests.helpers import CountingEmbedder

SETTINGS = Settings(passage_tokens=20, overlap_tokens=5, commit_articles=4)
ARTICLES = 24

# a process forked off a server that has imported all and run nothing starts at once
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.durability"])

_QUESTIONS = (
    "Wie viele Brunnen hat Ahlen 7?",
    "Wer wurde in Tannau 11 Bürgermeister?",
    "Was sagte Selenskyj?",
    "neue Turnhalle",
    "Äpfel und Birnen",
)

# what SQLite and the next writer clear away
_PASSING = {f"{FILE_NAME}-wal", f"{FILE_NAME}-shm", "write.pid"}

_UNIMPORTANT = {f"{FILE_NAME}-shm", "write.lock", "write.pid"}  # read by nobody, or made anew

Fingerprint = str | None  # None where there is no index
Operation = Callable[..., object]  # on a place, with something to call after each batch


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with articles and an index."""

    root: Path

    @property
    def news(self) -> Path:
        """The articles."""
        return self.root / "news"

    @property
    def folder(self) -> Path:
        """The index."""
        return self.root / "index"

    def open(self, *, create: bool = False) -> NewsIndex:
        """Open the index, or make it."""
        make = NewsIndex.open_or_create if create else NewsIndex
        return make(self.folder, CountingEmbedder(), settings=SETTINGS)

    def write_articles(self, *, version: int) -> None:
        """Put the articles there; another version has other texts in every second one, lacks some and has others."""
        shutil.rmtree(self.news, ignore_errors=True)
        self.news.mkdir(parents=True)
        for number in range(version - 1, ARTICLES + version - 1):
            edition = version if number % 2 else 1
            (self.news / f"{number:02}.txt").write_text(
                f"Titel: Nachrichten aus Ort {number}\nDatum: 2025-03-{number + 1:02}\n\n"
                f"Der Ort Ahlen {number} hat {number * edition} Brunnen. Dort gab es Äpfel und Birnen. "
                f"Anna Roth {edition} wurde in Tannau {number} zur Bürgermeisterin gewählt.\n\n"
                f"Präsident Selenskyj sagte am {number + 1}. Mai: „Wir danken Ort {number} für {edition} Turnhallen.“ "
                f"Die neue Turnhalle {edition} kostet {number} Millionen Euro. Am Montag {edition} regnete es.\n",
                encoding="utf-8",
            )

    def use(self, other: Path | None) -> None:
        """Make the index a copy of another folder's, or have none."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if other:
            shutil.copytree(other, self.folder)


def fingerprint(news_index: NewsIndex) -> str:
    """All that an index holds and some of what it answers."""
    answers = [
        (hit.article.id, hit.passage.start, hit.passage.end, hit.rank, round(hit.score, 4), round(hit.lexical, 3))
        for question in _QUESTIONS
        for hit in news_index.search(question, top=8)
    ]
    return repr((news_index.entries(), news_index.catalogue.sources(), answers))


def state_of(place: Place) -> Fingerprint:
    """The fingerprint of the index that is there, if one is; it must be whole."""
    try:
        news_index = place.open()
    except IndexMissing:
        return None
    try:
        found = fingerprint(news_index)
        faults = news_index.faults()
        if faults:
            raise AssertionError(faults)
        return found
    finally:
        news_index.close()


def add(place: Place, after_batch: Callable[[], object] = lambda: None) -> None:
    """Add the articles, or bring the index up to date with them."""
    news_index = place.open(create=True)
    news_index.add([place.news], prune=True, progress=lambda *_: after_batch())
    news_index.close()


def remove(place: Place, after_batch: Callable[[], object] = lambda: None) -> None:
    """Remove some articles."""
    news_index = place.open()
    news_index.remove([f"{number:02}.txt" for number in range(3, 12)])
    after_batch()
    news_index.close()


def start(target: Callable[..., object], *arguments: object) -> tuple[Any, Connection]:
    """Run something in a process of its own, which is given a connection to us as its first argument."""
    ours, theirs = _processes.Pipe()
    process = _processes.Process(target=target, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _change(us: Connection, place: Place, operation: Operation) -> None:
    us.send("started")
    operation(place, lambda: us.send("batch"))


# kills


def kill_once(place: Place, operation: Operation, batches: int, delay: float) -> bool:
    """Kill an operation some seconds after it finished some batches; return whether it was still at work."""
    process, child = start(_change, place, operation)
    for _ in range(1 + batches):
        child.recv()
    time.sleep(delay)
    process.kill()
    process.join()
    return bool(process.exitcode)


@dataclass(frozen=True, slots=True)
class Scenario:
    """An operation, what it begins with, the states that may be left of it, and how long it takes."""

    name: str
    operation: Operation
    version: int  # of the articles
    before: Path | None  # an index folder
    states: tuple[Fingerprint, ...]
    batches: int
    seconds: float  # about, for a batch or where there is but one


def scenarios(place: Place) -> list[Scenario]:
    """An addition to nothing, an update and a removal, each done once to know its states."""
    base = place.root / "base"
    place.write_articles(version=1)
    add(place)
    shutil.copytree(place.folder, base)
    found = []
    for name, operation, version, before in (
        ("add", add, 1, None),
        ("update", add, 2, base),
        ("remove", remove, 1, base),
    ):
        place.write_articles(version=version)
        place.use(before)
        seconds = []
        for _ in range(2):
            place.use(before)
            process, child = start(_change, place, operation)
            child.recv()
            began = time.monotonic()
            process.join()
            seconds.append(time.monotonic() - began)
        place.use(before)
        states = [None if before is None else state_of(place)]
        if before is None:
            place.open(create=True).close()
            states.append(state_of(place))
        reader = place.open()
        operation(place, lambda: states.append(fingerprint(reader)))  # noqa: B023 - called at once
        reader.close()
        states.append(state_of(place))
        batches = len(set(states)) - 1
        found.append(Scenario(name, operation, version, before, tuple(states), batches, max(seconds) / batches))
    return found


def kill(place: Place, scenario: Scenario, source: random.Random, *, finish: bool) -> str:
    """Kill the operation at random and say how it went: "before", "between", "after", "finished" or what is wrong."""
    if scenario.version != _version_of(place):
        place.write_articles(version=scenario.version)
    place.use(scenario.before)
    batches = source.randrange(scenario.batches)
    delay = 2 * scenario.seconds * source.random() ** 3  # more often a short one
    busy = kill_once(place, scenario.operation, batches, delay)
    try:
        state = state_of(place)
        if state not in scenario.states:
            return "WRONG: a state that is none of a batch"
        if finish:
            if state == scenario.states[-1] and scenario.name == "remove":
                return "after"  # nothing is left to remove
            scenario.operation(place)
            if state_of(place) != scenario.states[-1]:
                return "WRONG: cannot be finished"
            left = {path.suffix for path in place.folder.iterdir()} - {".sqlite", ".seal", ".faiss", ".lock"}
            if left or len(list(place.folder.glob("vectors-*"))) != 1:
                return f"WRONG: leaves {sorted(path.name for path in place.folder.iterdir())}"
    except Exception as error:
        return f"WRONG: {type(error).__name__}: {error}"
    if not busy:
        return "finished"
    return "before" if state == scenario.states[0] else "after" if state == scenario.states[-1] else "between"


def _version_of(place: Place) -> int:
    return 1 if (place.news / "00.txt").exists() else 2


# damage


def damages(folder: Path, source: random.Random, older: Path | None = None) -> tuple[str, str]:
    """Damage a random file of an index folder; return its kind and what was done."""
    files = sorted(folder / name for name in {path.name for path in folder.iterdir()} - _UNIMPORTANT)
    weights = [6 if path.name.startswith(FILE_NAME) and path.stat().st_size else 2 for path in files]
    [path] = source.choices(files, weights)
    kind = path.name.partition("-")[0] if path.suffix == ".faiss" else path.name
    data = bytearray(path.read_bytes())
    what = source.choices(["flip", "flip a header", "cut", "delete", "swap"], [70, 10, 15, 2, 3])[0]
    if what == "swap" and older:
        others = sorted(other for other in older.iterdir() if other.suffix == path.suffix)
        if others:
            shutil.copy(others[0], path)
            return kind, "swap"
    if what == "delete":
        path.unlink()
        return kind, what
    if what == "cut":
        length = source.choice([0, 1, len(data) // 2, max(0, len(data) - 1), source.randrange(len(data) + 1)])
        path.write_bytes(data[:length])
        return kind, what
    if data:
        position = source.randrange(min(len(data), 200 if what == "flip a header" else len(data)))
        data[position] ^= 1 << source.randrange(8)
        path.write_bytes(data)
    return kind, "flip"


def _judge(us: Connection, place: Place, expected: Sequence[Fingerprint]) -> None:
    """Send what opening a damaged index gives: "refused", "noticed" and made whole, "harmless", or what is wrong."""
    told: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("index").addHandler(handler)
    before = {path.name for path in place.folder.iterdir()}
    try:
        try:
            news_index = place.open()
            state = fingerprint(news_index)
        except NewsError as error:
            gone = before - {path.name for path in place.folder.iterdir()} - _PASSING
            us.send(f"WRONG: {gone} deleted" if gone else "refused" if "\n" not in str(error) else f"WRONG: {error}")
            return
        if state not in expected:
            us.send("WRONG: other answers")
            return
        remaining = news_index.repair()
        news_index.close()
        news_index = place.open()
        again = fingerprint(news_index)
        if remaining or again != state:
            us.send(f"WRONG: {remaining or 'other answers later'}")
            return
        us.send("noticed" if told else "harmless")
    except BaseException as error:
        us.send(f"WRONG: {type(error).__name__}: {error}")


def damage(place: Place, expected: Sequence[Fingerprint]) -> str:
    """Open a damaged index in a process of its own and say how it went."""
    process, child = start(_judge, place, expected)
    try:
        verdict = str(child.recv())
    except EOFError:
        process.join()
        verdict = f"WRONG: ended with {process.exitcode}"
    process.join()
    return verdict


def hold(us: Connection, place: Place, batches: int) -> None:
    """Add, and wait for ever after some batches."""
    done: list[None] = []

    def count() -> None:
        done.append(None)
        if len(done) == batches:
            us.send("holding")
            us.recv()

    add(place, after_batch=count)


def crashed(place: Place, scenario: Scenario, into: Path, batches: int) -> Fingerprint:
    """Make an index folder that an addition left when it was killed after some batches, and return its state."""
    place.write_articles(version=scenario.version)
    place.use(scenario.before)
    process, child = start(hold, place, batches)
    child.recv()
    process.kill()
    process.join()
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(place.folder, into)
    return state_of(place)


# limits and signals


def _limited(us: Connection, place: Place, limit: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    us.send("started")
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - for the rest of the process
    sys.exit(run(lambda _: add(place) or 0))


def add_limited(place: Place, limit: int) -> int:
    """Add with no file allowed to be larger; return the exit status."""
    process, _child = start(_limited, place, limit)
    process.join()
    return int(process.exitcode)
