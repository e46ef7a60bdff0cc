"""Gets the articles out of the bytes of a file, by its ending: text, web pages, documents, mails, tables, archives.

The bytes are other people's, so what comes out of a parser is only ever text, no link in them is followed, and nothing
is written. Parsers can still take forever or all the memory: index.sandbox runs `extract` where that does no harm.
"""

import csv
import email
import email.policy
import email.utils
import html
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from email.message import EmailMessage, Message
from itertools import pairwise
from pathlib import PurePosixPath
from xml.etree import ElementTree

from index.dates import leading_date
from index.errors import ArticleUnreadable
from index.files import decode, printable
from index.source_line import source_in_two_lines, source_line
from index.types import Extract


@dataclass(frozen=True, slots=True)
class Extracted:
    """The articles of a file, and its parts that are none: (record as in `Extract`, reason)."""

    articles: list[Extract]
    faults: list[tuple[str, str]]


def extract(data: bytes, ending: str) -> Extracted:
    """The articles in the bytes of a file with one of `ENDINGS`; ArticleUnreadable where there is not a single one."""
    ending = ending.lower()
    reader = _READERS.get(ending)
    if reader is None:
        raise ArticleUnreadable(f"has the ending {printable(ending)!r}, which is not read; {_SAVE_AS_TEXT}")
    if not data:
        raise ArticleUnreadable("is empty; add a file with text in it")
    _check_first_bytes(data, ending)
    try:
        extracted = reader(data)
    except (ArticleUnreadable, MemoryError, ImportError):  # the last is about the installation, not the file
        raise
    except RecursionError:
        raise ArticleUnreadable(f"is nested too deeply to be read; {_SAVE_AS_TEXT}") from None
    except Exception as error:  # a parser can raise anything on damaged bytes, and the other files shall go on
        raise ArticleUnreadable(f"is damaged, or no {_KIND_OF[ending]}; save it again, or {_SAVE_AS_TEXT}") from error
    articles = [_without_title(article) for article in extracted.articles if _has_text(article.text)]
    if articles:
        return Extracted(articles, extracted.faults)
    if not extracted.faults:
        raise ArticleUnreadable("holds no text; add a file with sentences in it")
    record, reason = extracted.faults[0]
    raise ArticleUnreadable(f"holds no article: of {len(extracted.faults):,} parts, the first ({record}) {reason}")


_SAVE_AS_TEXT = "save its text as plain text (.txt)"


def _has_text(text: str) -> bool:
    return any(map(str.isalnum, text))


def _without_title(article: Extract) -> Extract:
    """The article without its title at the top of the text, unless that is all there is."""
    first, _, rest = article.text.lstrip().partition("\n")
    return replace(article, text=rest) if first.strip() == article.title and _has_text(rest) else article


# ---- the ending and the first bytes ----

_KIND_OF = {
    ".txt": "text file",
    ".text": "text file",
    ".md": "Markdown file",
    ".html": "web page",
    ".htm": "web page",
    ".xhtml": "web page",
    ".mhtml": "saved web page",
    ".mht": "saved web page",
    ".eml": "mail",
    ".pdf": "PDF file",
    ".docx": "Word document",
    ".odt": "OpenDocument text",
    ".rtf": "RTF document",
    ".json": "JSON file",
    ".jsonl": "JSON Lines file",
    ".ndjson": "JSON Lines file",
    ".csv": "CSV file",
    ".zip": "ZIP archive",
}
_ZIPPED = frozenset({".docx", ".odt", ".zip"})
_NONE: frozenset[str] = frozenset()
# What a file begins with, what it is then, and the endings that it may have.
_MAGIC = (
    (b"%PDF-", "a PDF file", frozenset({".pdf"})),
    (b"{\\rtf", "an RTF document", frozenset({".rtf"})),
    (b"PK\x03\x04", "a ZIP archive or a document of that kind (.docx, .odt, .epub)", _ZIPPED),
    (b"PK\x05\x06", "an empty ZIP archive", _ZIPPED),
    (b"\xd0\xcf\x11\xe0", "an old Office document or one with a password", _NONE),
    (b"\x89PNG\r\n", "a PNG picture", _NONE),
    (b"\xff\xd8\xff", "a JPEG picture", _NONE),
    (b"GIF8", "a GIF picture", _NONE),
    (b"\x1f\x8b", "a gzip archive", _NONE),
    (b"7z\xbc\xaf", "a 7-Zip archive", _NONE),
    (b"Rar!", "a RAR archive", _NONE),
    (b"SQLite format 3\0", "a SQLite database", _NONE),
    (b"\x7fELF", "a program", _NONE),
)


def _check_first_bytes(data: bytes, ending: str) -> None:
    for magic, kind, endings in _MAGIC:
        if data.startswith(magic):
            if ending in endings:
                return
            raise ArticleUnreadable(f"has the ending {ending}, but is {kind}; rename it, or {_SAVE_AS_TEXT}")
    is_pdf = ending == ".pdf" and b"%PDF-" in data[:1024]  # a few bytes before it are usual
    if not is_pdf and any(ending in endings for _, _, endings in _MAGIC):
        raise ArticleUnreadable(
            f"has the ending {ending}, but does not begin as a {_KIND_OF[ending]} does; "
            f"save it again, or {_SAVE_AS_TEXT}"
        )


# ---- values that several formats have ----

_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_BLOCK_TAG = re.compile(r"</?(?:p|br|div|h[1-6]|li|ul|ol|tr|blockquote)\b[^<>]*>", re.IGNORECASE)
_SAMPLE_TITLE = re.compile(
    r"microsoft word|untitled|unbenannt|ohne titel|dokument ?\d|document ?\d|powerpoint|"
    r".*\.(?:docx?|odt|rtf|pdf|indd|qxp|qxd|txt|html?|xml|tmp)$",
    re.IGNORECASE,
)
# Programs that make a document of a page or of paper: its date is the day of that, not the article's.
_PRINTERS = re.compile(
    r"skia|chrom|mozilla|firefox|safari|quartz|cairo|wkhtml|print to pdf|printer|scan|ghostscript", re.IGNORECASE
)


def _as_date(value: str) -> str | None:
    """YYYY-MM-DD from a date in ISO, German or mail form."""
    value = value.strip()[:100]
    if date := leading_date(value):
        return date
    if re.fullmatch(r"\d{8}(?:T.*)?", value):
        return leading_date(f"{value[:4]}-{value[4:6]}-{value[6:8]}")
    try:
        return leading_date(email.utils.parsedate_to_datetime(value).date().isoformat())
    except ValueError:
        return None


def _real_title(value: str | None) -> str | None:
    """The title in a document's properties, unless a program made it up or it is but one word."""
    title = " ".join((value or "").split())
    if not 4 <= len(title) <= 300 or " " not in title or _SAMPLE_TITLE.match(title):
        return None
    return title if _has_text(title) else None


def _without_markup(text: str) -> str:
    """A text that may be a piece of HTML, without the tags and with the characters that its entities stand for."""
    if not _TAG.search(text):
        return text
    return html.unescape(_TAG.sub("", _BLOCK_TAG.sub("\n", text)))


def _single(article: Extract) -> Extracted:
    return Extracted([article], [])


# ---- plain text and Markdown ----


def _read_text(data: bytes) -> Extracted:
    return _single(Extract(decode(data)))


def _read_markdown(data: bytes) -> Extracted:
    lines = decode(data).splitlines()
    header: list[str] = []
    if lines and lines[0].strip() == "---":
        ends = [number for number, line in enumerate(lines[1:200], start=1) if line.strip() == "---"]
        if ends:
            header, lines = lines[: ends[0] + 1], lines[ends[0] + 1 :]
    return _single(Extract("\n".join([*header, *_plain_markdown(lines)])))


_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_RULE = re.compile(r"(?:[-_*=][ \t]*){2,200}|[-:|][-:| ]{2,500}")  # also under a headline, and in a table
_REFERENCE = re.compile(r" {0,3}\[[^\[\]]{1,200}\]:[ \t]*\S")
_BLOCK_START = re.compile(r"#{1,6}[ \t]|[-+*][ \t]|\d{1,9}[.)][ \t]|\|")
_COMMENT = re.compile(r"<!--[^<>]*-->")
_IMAGE = re.compile(r"!\[[^\[\]]{0,2000}\](?:\([^()]{0,2000}(?:\([^()]{0,200}\)[^()]{0,200})?\)|\[[^\[\]]{0,200}\])")
_LINK = re.compile(r"\[([^\[\]]{0,2000})\](?:\([^()]{0,2000}(?:\([^()]{0,200}\)[^()]{0,200})?\)|\[[^\[\]]{0,200}\])")
_BARE_LINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]{1,2000})>")
# Marks of emphasis stand at one side of a word; a star within a word, as in "Schüler*innen", is none.
_EMPHASIS = re.compile(
    r"\\([!-/:-@\[-`{-~])|~~|`{1,3}|(?<!\w)\*{1,3}(?=\S)|(?<=\S)\*{1,3}(?!\w)"
    r"|(?<![^\W_])_{1,3}(?=[^\W_])|(?<=[^\s_])_{1,3}(?!\w)"
)


def _plain_markdown(lines: list[str]) -> Iterator[str]:
    paragraph: list[str] = []
    fenced = False
    for line in [*lines, ""]:
        is_fence = _FENCE.match(line) is not None
        if fenced and not is_fence:
            yield line
            continue
        text = line.lstrip(" \t>").rstrip()
        is_rule = _RULE.fullmatch(text) is not None
        is_heading = text.startswith("#")
        ends = not text or is_fence or is_rule or bool(_REFERENCE.match(line) or _BLOCK_START.match(text))
        if ends and paragraph:
            yield _plain_inline(" ".join(paragraph))
            paragraph = []
        if is_fence:
            fenced = not fenced
        elif not ends:
            paragraph.append(text.removesuffix("\\"))
            if line.endswith(("  ", "\\")):  # a line end that is meant
                yield _plain_inline(" ".join(paragraph))
                paragraph = []
        elif not text:
            yield ""
        elif is_heading:
            yield _plain_inline(text.strip("# \t"))
            yield ""
        elif text.startswith("|") and not is_rule:
            yield _plain_inline(text.strip("| \t"))
        elif not is_rule and not _REFERENCE.match(line):
            paragraph.append(text)


def _plain_inline(text: str) -> str:
    text = _BARE_LINK.sub(r"\1", _LINK.sub(r"\1", _IMAGE.sub("", _COMMENT.sub("", text))))
    return html.unescape(_TAG.sub("", _EMPHASIS.sub(r"\1", text))).strip()


# ---- web pages and mails ----


def _read_html(data: bytes) -> Extracted:
    from index.webpage import read_page  # here and below: what takes long to import is imported where it is used

    return _single(read_page(data))


def _message(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    if not message.keys():
        raise ArticleUnreadable(f"does not begin with the header of a mail or of a saved web page; {_SAVE_AS_TEXT}")
    return message


def _part_text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset() or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return decode(payload)


def _read_part_as_page(part: Message) -> Extract:
    from index.webpage import read_page

    return read_page(_part_text(part).encode("utf-8", "replace"))


def _read_mhtml(data: bytes) -> Extracted:
    message = _message(data)
    page = next((part for part in message.walk() if part.get_content_type() == "text/html"), None)
    if page is None:
        raise ArticleUnreadable(f"holds no web page; {_SAVE_AS_TEXT}")
    article = _read_part_as_page(page)
    address = str(message["Snapshot-Content-Location"] or page["Content-Location"] or "").strip()
    url = address if address.startswith(("http://", "https://")) else None
    return _single(replace(article, title=article.title or _header(message, "Subject"), url=article.url or url))


def _read_eml(data: bytes) -> Extracted:
    message = _message(data)
    article = Extract("")
    plain = message.get_body(("plain",))
    if plain is not None:
        text = _part_text(plain)
        article = Extract(_unflowed(text) if plain.get_param("format") == "flowed" else text)
    page = message.get_body(("html",))
    if page is not None and not _has_text(article.text):
        article = _read_part_as_page(page)
    date = _as_date(_header(message, "Date") or "")
    sender = email.utils.parseaddr(_header(message, "From") or "")[0]
    return _single(
        replace(
            article,
            title=_header(message, "Subject") or article.title,
            publisher=sender.strip() or article.publisher,
            date=date or article.date,
            date_source="metadata" if date else article.date_source,
        )
    )


def _header(message: EmailMessage, name: str) -> str | None:
    return " ".join(str(message[name] or "").split()) or None


def _unflowed(text: str) -> str:
    """Text in the flowed form of mails (RFC 3676), where a line goes on when it ends with a space."""
    return re.sub(r" \r?\n(?!\r?\n)", " ", text)


# ---- PDF ----

_LONGEST_RUNNING_LINE = 150
_PAGE_NUMBER = re.compile(r"\W{0,5}(?:Seite |S\. ?|Page )?\d{1,4}(?: ?(?:von|of|/) ?\d{1,4})?\W{0,5}", re.IGNORECASE)
_PDF_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)(\d\d)")
_TOP_LINES = 10  # among which one may name outlet and day
_SENTENCE_ENDS = (".", "!", "?", ":", "“", "”", "«", "»", '"', ")")
_JOINS_HYPHEN = re.compile(r"(?:und|oder|bis|sowie|bzw\.|als|wie)\b")  # "Vor- und Nachteile"


def _read_pdf(data: bytes) -> Extracted:
    import pypdf
    from pypdf.errors import DependencyError

    reader = pypdf.PdfReader(io.BytesIO(data))
    try:
        locked = reader.is_encrypted and not reader.decrypt("")
    except DependencyError:  # a kind of encryption that pypdf cannot undo alone, even without a password
        locked = True
    if locked:
        raise ArticleUnreadable(f"is encrypted; save it without a password, or {_SAVE_AS_TEXT}")
    pages = [[line.strip() for line in page.extract_text().splitlines()] for page in reader.pages]
    text = _paragraphs([line for page in _without_running_lines(pages) for line in page])
    if not _has_text(text):
        raise ArticleUnreadable(
            f"holds no text, at most pictures of pages (a scan); make its text readable (OCR), or {_SAVE_AS_TEXT}"
        )
    about = {key: str(value) for key, value in (reader.metadata or {}).items()}
    date = None
    if not _PRINTERS.search(about.get("/Producer", "") + " " + about.get("/Creator", "")) and (
        found := _PDF_DATE.match(about.get("/CreationDate", ""))
    ):
        date = leading_date("-".join(found.groups()))
    return _single(Extract(text, _real_title(about.get("/Title")), None, date, "metadata" if date else None))


def _without_running_lines(pages: list[list[str]]) -> Iterator[list[str]]:
    """The pages without page numbers, and without the lines at top and bottom that most pages share but for a number.

    Every page is a list of lines. Outlet and date at the top of the first page stay: the article may tell them nowhere
    else.
    """
    pages = [[line for line in page if line] for page in pages]
    keys = Counter(
        key for page in pages for key in {_running_key(page[place]) for place in _edges(page)} if _has_text(key)
    )
    naming = _naming(pages[0][:2]) if pages else set()
    running = {key for key, pages_with_it in keys.items() if pages_with_it > 1 and pages_with_it * 2 > len(pages)}
    for number, page in enumerate(pages):
        edges = _edges(page)
        yield [
            line
            for place, line in enumerate(page)
            if place not in edges
            or not (_running_key(line) in running or _PAGE_NUMBER.fullmatch(line))
            or (number == 0 and place < 2 and line in naming)
        ]


def _naming(lines: list[str]) -> set[str]:
    """The lines that name outlet and day: a single one, or two, one below the other."""
    naming = {line for line in lines if source_line(line)}
    for pair in pairwise(lines):
        if source_in_two_lines(*pair):
            naming.update(pair)
    return naming


def _edges(page: list[str]) -> set[int]:
    """The places of the first two and the last two lines."""
    return {*range(min(2, len(page))), *range(max(0, len(page) - 2), len(page))}


def _running_key(line: str) -> str:
    return re.sub(r"\d+", "0", line) if len(line) <= _LONGEST_RUNNING_LINE else ""


def _paragraphs(lines: list[str]) -> str:
    """The lines of a page layout as paragraphs: a paragraph ends with a line that is shorter than the others.

    A word that is divided at the end of a line is joined. Lines that name outlet and day are never joined with others.
    """
    lengths = sorted(map(len, lines))
    full = lengths[len(lengths) * 9 // 10] if lengths else 0
    apart = _naming(lines[:_TOP_LINES])
    parts: list[str] = []
    previous = ""
    for line, below in pairwise([*lines, ""]):
        if not previous:
            separator = ""
        elif previous.endswith("\xad"):
            parts[-1], separator = previous[:-1], ""
        elif previous.endswith("-") and previous[-2:-1].isalpha() and not _JOINS_HYPHEN.match(line):
            parts[-1], separator = previous[:-1] if line[:1].islower() else previous, ""
        else:
            ends = (
                _ends_paragraph(previous, line, full)
                or (previous.endswith(_SENTENCE_ENDS) and _is_heading(line, below, full))
                or not apart.isdisjoint((previous, line))
            )
            separator = "\n" if ends else " "
        parts += [separator, line]
        previous = line
    return "".join(parts)


def _ends_paragraph(line: str, below: str, full: int) -> bool:
    if len(line) * 4 >= full * 3:
        return False
    return line.endswith(_SENTENCE_ENDS) or _is_heading(line, below, full)


def _is_heading(line: str, below: str, full: int) -> bool:
    return len(line) * 5 < full * 3 and not line.endswith((*_SENTENCE_ENDS, ",", "-")) and not below[:1].islower()


# ---- Word, OpenDocument and RTF documents ----

_LARGEST_PART = 20_000_000  # bytes
_MOST_INFLATED = 200_000_000
_HIGHEST_RATIO = 200
_RATIO_FREE = 100_000  # so many bytes may come out of however few
_DOCTYPES = (b"<!DOCTYPE", b"<!ENTITY", "<!DOCTYPE".encode("utf-16-le")[:-1], "<!ENTITY".encode("utf-16-le")[:-1])


def _inflate(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """What a member of an archive holds; ArticleUnreadable where that is more than it can be in good faith."""
    if member.flag_bits & 1:
        raise ArticleUnreadable("is encrypted; pack it without a password")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArticleUnreadable("is compressed in an unusual way; pack it as an ordinary ZIP archive")
    if member.file_size > _LARGEST_PART:  # zipfile gives no more than the directory says, so this can be believed
        raise ArticleUnreadable(
            f"has {member.file_size:,} bytes unpacked, more than the {_LARGEST_PART:,} that are read; split it"
        )
    most = max(_RATIO_FREE, member.compress_size * _HIGHEST_RATIO)
    chunks = []
    size = 0
    with archive.open(member) as file:
        while chunk := file.read(1 << 16):
            chunks.append(chunk)
            size += len(chunk)
            if size > most:
                raise ArticleUnreadable(
                    f"inflates to more than {_HIGHEST_RATIO} times its size, as a ZIP bomb does; {_SAVE_AS_TEXT}"
                )
    return b"".join(chunks)


def _document_part(archive: zipfile.ZipFile, pattern: str) -> bytes | None:
    """The XML part whose name the pattern matches."""
    member = next((member for member in archive.infolist() if re.fullmatch(pattern, member.filename)), None)
    if member is None:
        return None
    part = _inflate(archive, member)
    if any(mark in part for mark in _DOCTYPES):
        raise ArticleUnreadable(f"declares XML entities, which no real document does; {_SAVE_AS_TEXT}")
    return part


_HEADING_STYLE = re.compile(r"(?i)tit(?:le|el)|(?:heading|(?:ü|ue)?berschrift) ?1")


class _ParagraphCollector:
    """A target of an XML parser that keeps the text of the paragraphs and nothing else, so that no tree is built.

    Elements are meant by their name without the namespace, or by the whole name. The first paragraph is the headline
    if it is marked as a heading.
    """

    headline: str | None = None

    def __init__(
        self, *, paragraph: set[str], text: set[str], skipped: set[str], characters: Mapping[str, str]
    ) -> None:
        self._paragraph = paragraph
        self._text = text  # the elements whose text counts
        self._skipped = skipped  # the elements that do not count with all that is in them
        self._characters = characters  # what an element stands for
        self._parts: list[str] = []
        self._skipping = 0  # how deep inside a skipped element
        self._open = 0  # how many elements whose text counts are open
        self._is_heading = False  # the paragraph that is open
        self._has_text = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = tag.rpartition("}")[2]
        if name == "h" or (name == "pStyle" and any(map(_HEADING_STYLE.fullmatch, attributes.values()))):
            self._is_heading = True
        if self._skipping or name in self._skipped or tag in self._skipped:
            self._skipping += 1
            return
        if name in self._paragraph:
            self._parts.append("\n")
        if name in self._text:
            self._open += 1
        elif character := self._characters.get(name):
            self._parts.append(character)

    def end(self, tag: str) -> None:
        name = tag.rpartition("}")[2]
        if self._skipping:
            self._skipping -= 1
            return
        if name in self._text:
            self._open -= 1
        if name in self._paragraph:
            self._parts.append("\n")
            if self._has_text and self.headline is None:
                self.headline = " ".join("".join(self._parts).split()) if self._is_heading else ""
            self._is_heading = False

    def data(self, text: str) -> None:
        if self._open and not self._skipping:
            self._parts.append(text)
            self._has_text = self._has_text or not text.isspace()

    def close(self) -> str:
        return "\n".join(line for line in "".join(self._parts).split("\n") if line.strip())


def _collect(part: bytes, collector: _ParagraphCollector) -> tuple[str, str | None]:
    """The text, and its headline if it begins with one."""
    parser = ElementTree.XMLParser(target=collector)  # noqa: S314 - what declares entities was refused
    for start in range(0, len(part), 1 << 16):
        parser.feed(part[start : start + (1 << 16)])
    return str(parser.close()), collector.headline or None


def _properties(part: bytes | None, date_name: str) -> tuple[str | None, str | None]:
    """Title and date in the properties of a document."""
    if part is None or len(part) > 1_000_000:
        return None, None
    try:
        root = ElementTree.fromstring(part)  # noqa: S314 - what declares entities was refused
    except ElementTree.ParseError:  # the text does not depend on it
        return None, None
    created = root.findtext(f".//{{*}}{date_name}") or ""
    if created == "2013-12-23T23:15:00Z":  # of the template that documents made with python-docx begin with
        created = ""
    return _real_title(root.findtext(".//{*}title")), _as_date(created)


def _read_docx(data: bytes) -> Extracted:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        body = _document_part(archive, r"word/document\d{0,3}\.xml")
        if body is None:
            raise ArticleUnreadable("has the ending .docx, but is a ZIP archive with no Word document in it; rename it")
        title, date = _properties(_document_part(archive, r"docProps/core\.xml"), "created")
    text, headline = _collect(
        body,
        _ParagraphCollector(
            paragraph={"p"},
            text={"t"},
            skipped={"pPr", "rPr", "Fallback"},  # properties, and what older programs show instead of something
            characters={"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"},
        ),
    )
    return _single(Extract(text, headline or title, None, date, "metadata" if date else None))


def _read_odt(data: bytes) -> Extracted:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        body = _document_part(archive, r"content\.xml")
        if body is None:
            raise ArticleUnreadable("has the ending .odt, but is a ZIP archive with no document in it; rename it")
        title, date = _properties(_document_part(archive, r"meta\.xml"), "creation-date")
    svg = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
    text, headline = _collect(
        body,
        _ParagraphCollector(
            paragraph={"p", "h"},
            text={"p", "h"},
            skipped={"annotation", "tracked-changes", "note", "table-of-content", f"{svg}title", f"{svg}desc"},
            characters={"s": " ", "tab": "\t", "line-break": "\n"},
        ),
    )
    return _single(Extract(text, headline or title, None, date, "metadata" if date else None))


_RTF_TITLE = re.compile(r"\{\\title ([^{}]{1,2000})\}")
_RTF_DATE = re.compile(r"\{\\creatim\\yr(\d{4})\\mo(\d\d?)\\dy(\d\d?)\b")


def _read_rtf(data: bytes) -> Extracted:
    from striprtf import striprtf

    rtf_to_text: Callable[..., str] = striprtf.rtf_to_text
    source = data.decode("cp1252", "replace")
    # striprtf would write the address of a link into the text; fields of this other kind it leaves out.
    text = rtf_to_text(source.replace("\\fldinst", "\\datafield"), errors="replace")
    found_title, found_date = _RTF_TITLE.search(source), _RTF_DATE.search(source)
    title = rtf_to_text("{\\rtf1\\ansi " + found_title[1] + "}", errors="replace") if found_title else None
    date = leading_date("-".join(found_date.groups())) if found_date else None
    return _single(Extract(text, _real_title(title), None, date, "metadata" if date else None))


# ---- records ----

_MOST_RECORDS = 100_000
_FIELDS = {
    **dict.fromkeys(("text", "content", "body", "volltext", "artikel", "inhalt", "articlebody", "fulltext"), "text"),
    **dict.fromkeys(("title", "headline", "titel", "überschrift", "ueberschrift"), "title"),
    **dict.fromkeys(("date", "published", "publishedat", "datum", "datepublished", "pubdate"), "date"),
    **dict.fromkeys(("url", "link"), "url"),
    **dict.fromkeys(("publisher", "source", "outlet", "quelle", "medium", "zeitung"), "publisher"),
}
_LISTS = ("articles", "items", "data", "docs")
_NO_TEXT = "has no text; put it into a field that is called text, content, body, volltext or artikel"


def _field(name: str) -> str:
    """The field that is meant by the name of a column or of a JSON key; empty where it is none of them."""
    return _FIELDS.get(name.strip("\ufeff \t").casefold().replace("_", "").replace("-", "").replace(" ", ""), "")


def _as_text(value: object) -> str:
    """A JSON value as text: a list of paragraphs is joined, and of a thing with a name the name counts."""
    if isinstance(value, list):
        return "\n".join(item for item in value if isinstance(item, str))
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) else ""


def _record_article(record: str, value: object) -> Extract:
    """The article in a JSON object or a row of a table; ArticleUnreadable where it has no text."""
    if not isinstance(value, dict):
        raise ArticleUnreadable("is no JSON object; write it as an object with the fields title and text")
    fields: dict[str, str] = {}
    for name, content in value.items():
        field = _field(str(name))
        if field and (text := _as_text(content).strip()):
            fields.setdefault(field, text)
    text = _without_markup(fields.get("text", ""))
    if not _has_text(text):
        raise ArticleUnreadable(_NO_TEXT)
    date = _as_date(fields.get("date", ""))
    url = fields.get("url", "")
    return Extract(
        text=text,
        title=" ".join(_without_markup(fields.get("title", "")).split()) or None,
        publisher=fields.get("publisher"),
        date=date,
        date_source="metadata" if date else None,
        url=url if re.fullmatch(r"https?://\S{1,2000}", url) else None,
        record=record,
    )


def _read_records(values: Iterable[object]) -> Extracted:
    """Articles and faults of records, which are counted from 1; a ValueError among them is why a record is none."""
    extracted = Extracted([], [])
    for number, value in enumerate(values, start=1):
        if number > _MOST_RECORDS:
            raise ArticleUnreadable(f"holds more than {_MOST_RECORDS:,} records; split it")
        try:
            if isinstance(value, ValueError):
                raise ArticleUnreadable("is no JSON; correct it, or leave it out")
            extracted.articles.append(_record_article(str(number), value))
        except ArticleUnreadable as error:
            extracted.faults.append((str(number), str(error)))
    return extracted


def _load_json(text: str) -> object:
    # A number is only ever shown or read as a date, and Python refuses to convert a very long one.
    return json.loads(text, parse_int=str, parse_float=str)


def _read_json(data: bytes) -> Extracted:
    try:
        content = _load_json(decode(data))
    except ValueError as error:
        raise ArticleUnreadable(f"is no JSON ({printable(str(error))}); correct it, or {_SAVE_AS_TEXT}") from None
    if isinstance(content, dict):
        records = next((content[name] for name in _LISTS if isinstance(content.get(name), list)), None)
        if records is None:
            return _single(_record_article("", content))
        content = records
    if not isinstance(content, list):
        raise ArticleUnreadable("holds no JSON object; write an object with the fields title and text, or a list")
    return _read_records(content)


def _read_json_lines(data: bytes) -> Extracted:
    def values() -> Iterator[object]:
        for line in decode(data).split("\n"):
            if line.strip():
                try:
                    yield _load_json(line)
                except (ValueError, RecursionError):
                    yield ValueError()

    return _read_records(values())


def _read_csv(data: bytes) -> Extracted:
    csv.field_size_limit(_LARGEST_PART)
    text = decode(data)
    header_line = text.lstrip("\r\n")[:10_000].partition("\n")[0]
    headers = {mark: next(csv.reader([header_line], delimiter=mark), []) for mark in ",;\t"}
    delimiter = max(headers, key=lambda mark: (sum(1 for name in headers[mark] if _field(name)), len(headers[mark])))
    rows = (row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row)
    header = next(rows, [])
    if "text" not in map(_field, header):
        raise ArticleUnreadable(
            "has no column for the text; call one of them, in the first line, text, content, body, volltext or artikel"
        )
    return _read_records(dict(zip(header, row, strict=False)) for row in rows)


# ---- archives ----

_MOST_MEMBERS = 1_000


def _read_zip(data: bytes) -> Extracted:
    """The articles of all files in an archive. Their names are only labels: nothing is written, no path is opened."""
    extracted = Extracted([], [])
    total = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        names = {member.filename for member in members}
        for container, main_part in ((".docx", "word/document.xml"), (".odt", "content.xml")):
            if main_part in names:
                kind = _KIND_OF[container]
                raise ArticleUnreadable(f"has the ending .zip, but is a {kind}; give it the ending {container}")
        if len(members) > _MOST_MEMBERS:
            raise ArticleUnreadable(
                f"holds {len(members):,} files, more than the {_MOST_MEMBERS:,} that are read; split it"
            )
        seen: set[str] = set()
        for member in members:
            parts = PurePosixPath(member.filename.replace("\\", "/")).parts
            if any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in parts):
                continue  # hidden, as in a folder
            name = printable(member.filename)
            try:
                if name in seen:
                    raise ArticleUnreadable("is in the archive twice, and only the first is read; rename one of them")
                seen.add(name)
                ending = PurePosixPath(parts[-1] if parts else "").suffix.lower()
                if ending == ".zip":
                    raise ArticleUnreadable("is an archive inside an archive, which is not read; unpack it first")
                if ending not in ENDINGS:
                    what = f"the ending {printable(ending)!r}" if ending else "no ending"
                    raise ArticleUnreadable(f"has {what}, which is not read; {_SAVE_AS_TEXT}")
                total += min(member.file_size, _LARGEST_PART)
                if total > _MOST_INFLATED:
                    break
                inner = extract(_inflate_member(archive, member), ending)
            except ArticleUnreadable as error:
                extracted.faults.append((name, str(error)))
                continue
            for article in inner.articles:
                extracted.articles.append(replace(article, record=_inner_record(name, article.record)))
            extracted.faults.extend((_inner_record(name, record), reason) for record, reason in inner.faults)
    if total > _MOST_INFLATED:
        raise ArticleUnreadable(f"inflates to more than {_MOST_INFLATED:,} bytes; split it")
    return extracted


def _inflate_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    try:
        return _inflate(archive, member)
    except (ArticleUnreadable, MemoryError):
        raise
    except Exception as error:  # zipfile and zlib raise many kinds on damaged bytes; the other members shall go on
        raise ArticleUnreadable("is damaged; pack it again") from error


def _inner_record(name: str, record: str) -> str:
    return f"{name}#{record}" if record else name


_READERS: Mapping[str, Callable[[bytes], Extracted]] = {
    ".txt": _read_text,
    ".text": _read_text,
    ".md": _read_markdown,
    ".html": _read_html,
    ".htm": _read_html,
    ".xhtml": _read_html,
    ".mhtml": _read_mhtml,
    ".mht": _read_mhtml,
    ".eml": _read_eml,
    ".pdf": _read_pdf,
    ".docx": _read_docx,
    ".odt": _read_odt,
    ".rtf": _read_rtf,
    ".json": _read_json,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".csv": _read_csv,
    ".zip": _read_zip,
}
ENDINGS = frozenset(_READERS)
