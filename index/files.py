"""Finds the files that were named, and reads their bytes safely.

Folders are other people's: a link may lead out of them, a pipe may never end, a file may be larger than the memory.
So nothing is opened that is not a regular file of a bearable size, and that is checked on the opened file itself.
"""

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from index.errors import ArticleUnreadable

# those that index.formats has a reader for
ENDINGS = frozenset(
    {".txt", ".text", ".md", ".html", ".htm", ".xhtml", ".mhtml", ".mht", ".pdf", ".docx", ".odt", ".rtf", ".eml"}
    | {".json", ".jsonl", ".ndjson", ".csv", ".zip"}
)

_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to read as an article."""

    path: Path  # absolute
    name: str  # relative to the folder that was named, with "/"; the bare file name where the file itself was named


@dataclass(frozen=True, slots=True)
class Skipped:
    """A path that was named or found, and why it is not used."""

    path: str
    reason: str


def find_files(paths: Iterable[Path]) -> tuple[list[FoundFile], list[Skipped]]:
    """The files with an ending that can be read, in the order of `paths` and sorted within a folder; each file once.

    Hidden files and folders inside a folder are passed over without a word, links are not followed there.
    A link that was named itself is followed, since the person chose it.
    """
    found: dict[Path, FoundFile] = {}
    skipped: list[Skipped] = []
    for named in paths:
        try:
            path = named.resolve(strict=True)
            status = path.lstat()
        except FileNotFoundError:
            skipped.append(Skipped(printable(str(named)), "does not exist"))
            continue
        except (OSError, RuntimeError):  # RuntimeError: a link that leads to itself, before Python 3.13
            skipped.append(Skipped(printable(str(named)), "cannot be opened; check the path and its permissions"))
            continue
        if stat.S_ISDIR(status.st_mode):
            files, passed_over = _walk(path)
            skipped.extend(passed_over)
        elif reason := _reason_to_skip(status, path.name):
            skipped.append(Skipped(printable(str(named)), reason))
            continue
        else:
            files = [FoundFile(path, printable(named.name))]
        for file in files:
            found.setdefault(file.path, file)
    return list(found.values()), skipped


def _walk(root: Path) -> tuple[list[FoundFile], list[Skipped]]:
    found: list[FoundFile] = []
    skipped: list[Skipped] = []
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                visible = [entry for entry in entries if not entry.name.startswith(".")]
        except OSError as error:
            skipped.append(Skipped(printable(str(folder)), f"cannot be listed ({error.strerror})"))
            continue
        for entry in visible:
            path = folder / entry.name
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError as error:
                skipped.append(Skipped(printable(str(path)), f"cannot be opened ({error.strerror})"))
                continue
            if reason := _reason_to_skip(status, entry.name):
                skipped.append(Skipped(printable(str(path)), reason))
            else:
                found.append(FoundFile(path, printable(path.relative_to(root).as_posix())))
    return sorted(found, key=lambda file: file.path.parts), sorted(skipped, key=lambda item: item.path)


def _reason_to_skip(status: os.stat_result, name: str) -> str | None:
    if stat.S_ISLNK(status.st_mode):
        return "is a symbolic link, and links inside a folder are not followed; name the file itself"
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    ending = Path(name).suffix
    if ending.lower() in ENDINGS:
        return None
    what = f"has the ending {printable(ending)!r}" if ending else "has no ending"
    return f"{what}, which is not read; save it as plain text (.txt), a web page (.html) or a PDF"


def printable(path: str) -> str:
    """The path with controls, and bytes that are no UTF-8, written with a backslash: safe to print and to store."""
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else character
        for character in path
    )


def read_bytes(path: Path, *, limit: int = 20_000_000) -> bytes:
    """The content of a regular file of at most `limit` bytes; ArticleUnreadable otherwise. Links are not followed."""
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
    except OSError as error:
        raise ArticleUnreadable(_why_not_opened(error)) from error
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise ArticleUnreadable("is not a regular file; name a file with text in it")
        if before.st_size > limit:
            raise _too_large(before.st_size, limit)
        try:
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise ArticleUnreadable(f"cannot be read ({error.strerror}); check the disk, then add it again") from error
        if len(data) > limit:  # it grew, or its size was a lie
            raise _too_large(len(data), limit)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise ArticleUnreadable("was changed while it was read; add it again")
    return data


def _why_not_opened(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist any more; add it again when it is back"
    if isinstance(error, PermissionError):
        return "may not be read; give yourself the permission to read it"
    if error.errno == errno.ELOOP:
        return "is a symbolic link, which is not followed; name the file itself"
    return f"cannot be opened ({error.strerror}); check the path"


def _too_large(size: int, limit: int) -> ArticleUnreadable:
    return ArticleUnreadable(
        f"has {size:,} bytes, more than the {limit:,} that are read; split it into single articles"
    )


# What other kinds of file begin with, whatever their ending says.
_MAGIC = (
    (b"%PDF-", "a PDF file"),
    (b"PK\x03\x04", "a ZIP archive (or a .docx, .odt, .epub)"),
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"SQLite format 3\0", "a SQLite database"),
    (b"\x7fELF", "a program"),
)
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),  # before UTF-16, whose mark it begins with
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\t\n\v\f\r"))
_OLD_CODE_PAGES = ("cp1252", "mac_roman", "cp850")  # the first one wins where they are equally likely
_UMLAUT_IN_WORD = re.compile("(?<=[A-Za-z])[äöüß]|[ÄÖÜäöü](?=[a-z])")
# What a byte that is no UTF-8 becomes under "surrogateescape", and the Windows-1252 character it stands for.
_ESCAPED_BYTES = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)}


def decode(data: bytes) -> str:
    """The text of the bytes of a text file; ArticleUnreadable where they are something else than text.

    A byte order mark decides; then UTF-16 by its many NULs; then UTF-8. What is none of these is in an old code page:
    Windows-1252 unless another one puts more umlauts inside words. A byte order mark does not become part of the text.
    """
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            raise ArticleUnreadable(f"is {kind}, whatever its ending says; save its text as plain text (.txt)")
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace")
    if utf16 := _utf16_without_bom(data):
        text = data.decode(utf16, "replace")
        if sum(map(text.count, _CONTROLS.decode("ascii"))) * 20 > len(text):
            raise _binary()
        return text
    controls = len(data) - len(data.translate(None, _CONTROLS))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        # Text in an old code page has hardly any controls, and compressed data about one byte in ten.
        if controls * 50 > len(data):
            raise _binary() from None
        return _decode_old(data)
    if controls * 5 > len(data):
        raise _binary()
    return text


def _binary() -> ArticleUnreadable:
    return ArticleUnreadable("holds binary data, no text; save its text as plain text (.txt)")


def _utf16_without_bom(data: bytes) -> str | None:
    """In UTF-16 the spaces and Latin letters have a NUL for one of their two bytes, always on the same side."""
    start = data[:4096]
    half = len(start) // 2
    nuls_first, nuls_second = start[0::2].count(0), start[1::2].count(0)
    if half and nuls_second * 10 >= half and nuls_first * 50 <= half:
        return "utf-16-le"
    if half and nuls_first * 10 >= half and nuls_second * 50 <= half:
        return "utf-16-be"
    return None


def _decode_old(data: bytes) -> str:
    mixed = data.decode("utf-8", "surrogateescape")
    stray = sum(1 for character in mixed if "\udc80" <= character <= "\udcff")
    multibyte = sum(1 for character in mixed if character > "\x7f") - stray
    if multibyte > stray:  # UTF-8 that was cut off, or into which something old was pasted
        return mixed.translate(_ESCAPED_BYTES)
    texts = [data.decode(code_page, "replace") for code_page in _OLD_CODE_PAGES]
    return max(texts, key=lambda text: len(_UMLAUT_IN_WORD.findall(text)))
