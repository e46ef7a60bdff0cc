"""Notes beside the catalogue what its file holds, so that damage is noticed before anything is answered from it.

INDEX/catalogue.seal is one line: the SHA-256 of the database file, the number of the last change, and a SHA-256 of
these two. The database file itself changes in `settle` alone; until then changes lie in SQLite's log, whose frames have
checksums of their own. A damaged frame hides those behind it, which the number of the last change tells.
"""

import contextlib
import hashlib
import logging
import os
import sqlite3
import threading
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from weakref import WeakValueDictionary

logger = logging.getLogger(__name__)

_files: WeakValueDictionary[tuple[int, int], FileIO] = WeakValueDictionary()  # by device and inode
_reading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Seal:
    """What a database file was when it was last at rest, and how far its log has come since."""

    sha256: str
    sequence: int


def opened(catalogue: Path) -> FileIO:
    """The database file, opened once for all of this process; hold it as long as a connection is open.

    Closing a file drops all locks that the process has on it, SQLite's among them.
    """
    with _reading:
        status = catalogue.stat()
        file = _files.get((status.st_dev, status.st_ino))
        if file is None:
            file = catalogue.open("rb", buffering=0)
            _files[status.st_dev, status.st_ino] = file
        return file


def digest(catalogue: Path) -> str:
    """SHA-256 of the database file as it is now."""
    file = opened(catalogue)
    with _reading:
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def has_log(catalogue: Path) -> bool:
    """Whether there are changes that are not in the database file yet."""
    try:
        return _log(catalogue).stat().st_size > 0
    except FileNotFoundError:
        return False


def log_size(catalogue: Path) -> int:
    """Bytes of the changes that are not in the database file yet."""
    return _log(catalogue).stat().st_size if has_log(catalogue) else 0


def read(catalogue: Path) -> Seal | None:
    """What was noted; None where nothing was or the note itself is damaged."""
    try:
        sha256, sequence, check = _path(catalogue).read_text("ascii").split(" ")
    except (OSError, ValueError):
        return None
    return Seal(sha256, int(sequence)) if check == _check(sha256, sequence) else None


def write(catalogue: Path, seal: Seal) -> None:
    """Note it in one step, flushed to disk."""
    beside = _path(catalogue).with_suffix(".seal-new")
    try:
        beside.touch(mode=0o600)
        with beside.open("w", encoding="ascii", newline="") as stream:
            stream.write(f"{seal.sha256} {seal.sequence} {_check(seal.sha256, str(seal.sequence))}")
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(_path(catalogue))
    finally:
        beside.unlink(missing_ok=True)


def note_change(catalogue: Path, sequence: int) -> None:
    """Note that a change is in the log. Where that fails, only the loss of just this change would go unnoticed."""
    noted = read(catalogue)
    if noted:
        with contextlib.suppress(OSError):
            write(catalogue, Seal(noted.sha256, sequence))


def settle(catalogue: Path, *, trusted: bool = False) -> None:
    """Bring the log into the database file and note what that is now; the caller holds the write lock.

    Nothing is done to a file that is not what was noted, unless the caller has examined it. What fails, such as for
    lack of space, is told in a warning: the changes are safe in the log.
    """
    noted = read(catalogue)
    if not trusted and (not has_log(catalogue) or noted is None):
        return
    try:
        file = opened(catalogue)
        if not trusted and noted and digest(catalogue) != noted.sha256:
            return
        connection = sqlite3.connect(catalogue, isolation_level=None, timeout=2)
        try:
            [sequence] = connection.execute("SELECT value FROM state WHERE key = 'sequence'").fetchone()
            if noted and sequence < noted.sequence:
                return
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
        write(catalogue, Seal(digest(catalogue), sequence))
        del file  # not earlier
    except (OSError, sqlite3.Error) as error:
        logger.warning("%s keeps its log (%s); it is checked as a whole when it is next opened", catalogue, error)


def leftovers(catalogue: Path) -> bool:
    """Whether a seal or a log lies beside where the database file should be."""
    return _path(catalogue).exists() or has_log(catalogue)


def _path(catalogue: Path) -> Path:
    return catalogue.with_suffix(".seal")


def _log(catalogue: Path) -> Path:
    return catalogue.with_name(f"{catalogue.name}-wal")


def _check(sha256: str, sequence: str) -> str:
    return hashlib.sha256(f"{sha256} {sequence}".encode()).hexdigest()
