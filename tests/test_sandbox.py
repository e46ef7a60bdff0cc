import ctypes
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from test_formats import ENTITIES, FIRST, GOOD, PAGE, docx, odt, pdf, zipped

from index.errors import ArticleUnreadable
from index.formats import Extracted, extract
from index.sandbox import Reader, extract_limited
from index.types import Extract

STORED = zipfile.ZIP_STORED

linux = pytest.mark.skipif(sys.platform != "linux", reason="the limits of the system are those of Linux")


# ---- functions that the child runs instead of index.formats.extract; the "ending" says what they are to do ----


def misbehave(data, ending):
    actions = {
        "hang": lambda: time.sleep(60),
        "spin": spin,
        "hog": lambda: bytearray(2 << 30),
        "crash": lambda: ctypes.string_at(1),
        "exit": lambda: os._exit(0),
        "bug": lambda: {}["fehlt"],
        "shout": lambda: os.write(1, b"1000\n{}") and print("laut"),
        "long": lambda: "x" * 20_000_001,
        "socket": socket.socket,
        "resolve": lambda: socket.getaddrinfo("localhost", 80),
        "program": lambda: subprocess.run(["true"]),
        "write": lambda: Path(data.decode()).write_bytes(b"x"),
        "interrupt": lambda: os.kill(os.getpid(), signal.SIGINT),
        "pid": lambda: str(os.getpid()),
    }
    result = actions[ending]()
    return Extracted([Extract(result if isinstance(result, str) else "Text.")], [])


def spin():
    while True:
        pass


def report_refusal(data, ending):
    try:
        return misbehave(data, ending)
    except PermissionError as error:
        raise ArticleUnreadable(str(error)) from None


@pytest.fixture(scope="module", autouse=True)
def _path():
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))  # for the children
        yield


@pytest.fixture(scope="module")
def reader(_path):
    """A reader whose child runs the functions above, with short limits."""
    reader = Reader("test_sandbox:report_refusal", cpu_seconds=1, wall_seconds=1.5)
    yield reader
    reader.close()


def reason(run, data, ending):
    with pytest.raises(ArticleUnreadable) as caught:
        run(data, ending)
    assert "\n" not in str(caught.value)
    return str(caught.value)


CRASH = "makes the program that reads it crash, so it is damaged or made to do harm; save its text as plain text (.txt)"
TOO_LONG = "takes too long to read; save its text as plain text (.txt)"


@linux
@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("hang", TOO_LONG),
        ("spin", TOO_LONG),
        ("hog", "needs too much memory to read; save its text as plain text (.txt)"),
        ("crash", CRASH),
        ("exit", CRASH),
        ("bug", CRASH),
        ("long", "holds more than 20,000,000 characters; split it into single articles"),
        ("socket", "socket.__new__ is not for a process that reads articles"),
        ("resolve", "socket.getaddrinfo is not for a process that reads articles"),
        ("program", "subprocess.Popen is not for a process that reads articles"),
        ("write", "open is not for a process that reads articles"),
    ],
)
def test_reader_survives_what_a_file_makes_its_parser_do(reader, action, expected, tmp_path):
    start = time.monotonic()
    assert reason(reader.run, str(tmp_path / "x").encode(), action) == expected
    assert reader.run(b"", "shout") == Extracted([Extract("Text.")], [])
    assert time.monotonic() - start < 10
    assert list(tmp_path.iterdir()) == []


@linux
def test_reader_keeps_its_child_and_starts_another_after_a_crash(reader):
    pid = reader.run(b"", "pid")
    assert reader.run(b"", "interrupt") == Extracted([Extract("Text.")], [])
    assert reader.run(b"", "pid") == pid
    assert reason(reader.run, b"", "crash") == CRASH
    other = reader.run(b"", "pid")
    assert other != pid
    os.kill(int(other.articles[0].text), signal.SIGKILL)  # as the system does when memory is short
    time.sleep(0.1)
    assert reader.run(b"", "pid") != other


def compute(data, ending):
    end = time.process_time() + 0.5
    while time.process_time() < end:
        pass
    return Extracted([Extract(str(os.getpid()))], [])


@linux
def test_reader_counts_the_limits_for_each_file_anew():
    reader = Reader("test_sandbox:compute", cpu_seconds=1)
    pids = {reader.run(b"", "").articles[0].text for _ in range(3)}
    reader.close()
    assert len(pids) == 1


@linux
def test_reader_gives_an_archive_time_for_each_of_its_files():
    reader = Reader("test_sandbox:misbehave", cpu_seconds=1, wall_seconds=0.2)
    start = time.monotonic()
    assert reason(reader.run, b"PK\x01\x02" * 5, "hang") == TOO_LONG
    assert 1.2 < time.monotonic() - start < 10


def test_reader_serves_several_threads():
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda number: extract_limited(f"# Nummer {number}".encode(), ".md"), range(20)))
    assert results == [Extracted([Extract(f"Nummer {number}\n\n")], []) for number in range(20)]


@linux
def test_the_child_ends_with_its_parent():
    program = """
        from index.sandbox import Reader
        reader = Reader()
        reader.run(b"# Titel", ".md")
        print(reader._child.pid, flush=True)
        input()
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    child.wait(timeout=10)  # raises if it lives on


def test_the_child_does_not_import_from_the_folder_where_the_program_is_started(tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong module')")
    (tmp_path / "pypdf.py").write_text("raise SystemExit('the wrong module')")
    program = "import sys; sys.path.append(sys.argv[1]); from index.sandbox import extract_limited; "
    program += "print(extract_limited(b'# Titel', '.md').articles[0].text)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, str(Path(__file__).parent.parent)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["Titel"]


# ---- real files ----


@pytest.mark.parametrize("ending", GOOD)
def test_extract_limited_gives_what_extract_gives(ending):
    assert extract_limited(GOOD[ending], ending) == extract(GOOD[ending], ending)


def word(paragraphs):
    return docx(f"<w:p><w:r><w:t>{FIRST}</w:t></w:r></w:p>" * paragraphs)


def linked_pages():
    """A PDF whose list of pages leads back to itself."""
    return pdf([FIRST]).replace(b"/Kids [5 0 R]", b"/Kids [2 0 R]")


def nested_mail(depth):
    parts = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(depth))
    return ("Subject: x\n" + parts + "\nText.").encode()


def many_marks():
    return b"> " * 1_000_000 + b"[" * 1_000_000 + b"![" * 500_000 + b"*a" * 500_000 + b"<" * 500_000


def flate_bomb():
    return pdf(zlib.compress(b"\0" * 100_000_000), stream_about="/Filter /FlateDecode")


# What it is, its ending, what makes its bytes, and how the reason or the text begins.
HOSTILE = {
    "a bomb in a document": (".docx", lambda: word(200_000), "inflates to more than 200 times its size"),
    "a bomb that was not compressed": (
        ".docx",
        lambda: docx("<w:p/>" * 1_000_000, compression=STORED),
        "holds no text",
    ),
    "nested XML": (".docx", lambda: docx("<w:p>" * 800_000 + "</w:p>" * 800_000, compression=STORED), "holds no text"),
    "XML cut off": (".docx", lambda: docx("<w:p>" * 800_000, compression=STORED), "is damaged, or no Word document"),
    "a bomb of spaces": (".odt", lambda: odt("<text:p>x<text:s text:c='999999999'/></text:p>" * 9), "x \nx \n"),
    "a bomb in an archive": (
        ".zip",
        lambda: zipped({"a.txt": b"\0" * 19_000_000}),
        "holds no article: of 1 parts, the first",
    ),
    "an archive in an archive": (
        ".zip",
        lambda: zipped({"b.zip": GOOD[".zip"]}),
        "holds no article: of 1 parts, the first",
    ),
    "a lot of nested JSON": (".json", lambda: b'{"a":' * 1_000_000, "is nested too deeply to be read"),
    "a long JSON number": (".json", lambda: b"9" * 1_000_000, "holds no JSON object"),
    "nested HTML": (".html", lambda: b"<div>" * 1_000_000 + FIRST.encode(), ""),
    "Markdown of marks": (".md", many_marks, "[[[["),
    "nested groups": (
        ".rtf",
        lambda: b"{\\rtf1" + b"{" * 1_000_000 + b"{\\field{\\*\\fldinst{" * 50_000,
        "holds no text",
    ),
    "nested mail": (".eml", lambda: nested_mail(2_000), "is nested too deeply to be read"),
    "pages in a circle": (".pdf", linked_pages, "is damaged, or no PDF file"),
    "a bomb in a page": (".pdf", flate_bomb, "is damaged, or no PDF file"),
    "a PDF without its table": (
        ".pdf",
        lambda: GOOD[".pdf"].replace(b"startxref", b"xxxxx"),
        "is damaged, or no PDF file",
    ),
    "a PDF with a wrong table": (".pdf", lambda: GOOD[".pdf"].replace(b"00000 n", b"99999 n"), FIRST),
    "a table that is one quote": (
        ".csv",
        lambda: b'text\n"' + b'"' * 2_000_000,
        "holds no article: of 1 parts, the first",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_extract_limited_ends_soon_with_a_reason_or_an_article(what):
    ending, make, begin = HOSTILE[what]
    data = make()
    start = time.monotonic()
    try:
        extracted = extract_limited(data, ending)
    except ArticleUnreadable as error:
        outcome = str(error)
    else:
        outcome = "\n".join(article.text for article in extracted.articles)
    assert outcome[: len(begin)] == begin
    assert time.monotonic() - start < 15
    assert extract_limited(GOOD[".rtf"], ".rtf").articles == [Extract(FIRST)]


def test_extract_limited_does_not_show_a_file_that_a_document_names(tmp_path):
    secret = tmp_path / "geheim.txt"
    secret.write_text("streng-geheim")
    files = {
        ".docx": zipped({"word/document.xml": ENTITIES.format(secret.as_uri())}),
        ".odt": zipped({"content.xml": ENTITIES.format(secret)}),
        ".html": ENTITIES.format(secret.as_uri()).encode()
        + PAGE.encode()
        + f'<iframe src="{secret.as_uri()}">'.encode(),
        ".rtf": b'{\\rtf1 {\\field{\\*\\fldinst INCLUDETEXT "%s"}{\\fldrslt x}} Text.}' % str(secret).encode(),
        ".md": f"![x]({secret}) Text.".encode(),
    }
    for ending, data in files.items():
        try:
            outcome = repr(extract_limited(data, ending))
        except ArticleUnreadable as error:
            outcome = str(error)
        assert "streng-geheim" not in outcome


def test_extract_limited_limits_plain_text_too():
    expected = "holds more than 20,000,000 characters; split it into single articles"
    assert reason(extract_limited, b"x" * 20_000_001, ".txt") == expected
    parts = {f"{number}.txt": long_text(number) for number in range(3)}
    assert reason(extract_limited, zipped(parts, STORED), ".zip") == expected


def long_text(number):
    return f"{number}" * 7_000_000
