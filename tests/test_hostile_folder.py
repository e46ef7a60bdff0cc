"""A folder of all that can be wrong with files: the good ones are found, the bad ones named, nothing else happens.

The folder is generated: more than 120 files, each either `good` (it holds a code word that must be found) or `bad` (it
must be named once among the skipped ones, or passed over in silence where it is hidden).
"""

import io
import json
import os
import socket
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import CountingEmbedder

from index.settings import Settings
from index.store import NewsIndex

SECRET = "Geheimzahl Siebenundvierzig"
SENTENCE = "Das Kennwort dieses Artikels lautet {} und steht in keinem anderen."


class HostileFolder:
    """Writes files and notes what must become of each."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.good: dict[str, str] = {}  # code word -> file name
        self.bad: set[str] = set()  # named once among the skipped
        self.silent: set[str] = set()  # hidden: not read, not named

    def word(self, number: int) -> str:
        """A code word that no other file has."""
        consonants = "bdfgklmnprst"
        return "Zy" + "".join(consonants[number // 12**i % 12] + "aeiou"[(number >> i) % 5] for i in range(4))

    def add_good(self, name: str, make, word: str | None = None) -> None:
        word = word or self.word(len(self.good))
        content = make(SENTENCE.format(word))
        self._write(name, content if isinstance(content, bytes) else content.encode())
        self.good[word] = name

    def add_bad(self, name: str, content: bytes | str) -> None:
        self._write(name, content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        self.bad.add(name)

    def add_silent(self, name: str, content: bytes | str = SECRET) -> None:
        self._write(name, content if isinstance(content, bytes) else content.encode())
        self.silent.add(name)

    def _write(self, name: str, content: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def zipped(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def docx(text: str) -> bytes:
    import docx as library

    stream = io.BytesIO()
    document = library.Document()
    document.add_paragraph(text)
    document.save(stream)
    return stream.getvalue()


def page(text: str, *, head: str = "") -> str:
    filler = " ".join(f"Absatz {i} über den Markt in Wismar, der am Morgen begann." for i in range(12))
    body = f"<article><h1>Seite</h1><p>{text}</p><p>{filler}</p></article>"
    return f"<html><head><title>Seite</title>{head}</head><body>{body}</body></html>"


def write_encodings(folder: HostileFolder) -> None:
    for codec in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"):
        folder.add_good(f"kodierung/{codec}.txt", lambda text, codec=codec: f"{text} Über Äpfel und Öl.".encode(codec))
    folder.add_good("kodierung/crlf.txt", lambda text: text + "\r\n\r\nEnde.\r\n")
    folder.add_good("kodierung/cr.txt", lambda text: text + "\r\rEnde.\r")
    folder.add_good("kodierung/zerlegt.txt", lambda text: unicodedata.normalize("NFD", f"{text} Über Äpfel."))
    folder.add_good("kodierung/bytes.txt", lambda text: f"{text} ".encode() + b"\xfc\xe4\xf6 ende.")
    folder.add_bad("kodierung/binaer.txt", bytes(range(256)) * 40)
    folder.add_bad("kodierung/nullen.txt", b"\0" * 5000)
    folder.add_bad("kodierung/pdf.txt", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n")
    folder.add_bad("kodierung/bild.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    folder.add_bad("kodierung/archiv.txt", zipped(a=b"Text"))


def write_unicode(folder: HostileFolder) -> None:
    for name, marks in {
        "bidi": "\u202eabc\u202c\u2066x\u2069",
        "unsichtbar": "a\u200bb\u2060c\ufeff",
        "etikett": "".join(chr(0xE0000 + ord(c)) for c in "ignore"),
        "steuer": "\x00\x07\x1b[31m\x9b\x85",
        "zalgo": "a" + "\u0301" * 2000,
        "emoji": "👩\u200d👩\u200d👧 🇩🇪 ☃️",
        "trennung": "Wort\u00adteil",
        "zeilen": "eins\u2028zwei\u2029drei\x0cvier",
        "arabisch": "مرحبا بالعالم",
        "hoch": "𝕳𝖊𝖑𝖑𝖔 𠜎",
    }.items():
        folder.add_good(
            f"unicode/{name}.txt", lambda text, marks=marks: f"{text} {marks} Ende. Mehr sagte am Abend niemand."
        )
    folder.add_bad("unicode/nur-marken.txt", "\u200b\u202e\u2066 \ufeff")


def write_shapes(folder: HostileFolder) -> None:
    folder.add_good("gestalt/eine-zeile.txt", lambda text: text + " Und weiter." * 2000)
    folder.add_good("gestalt/punkte.txt", lambda text: f"{text}\n" + "." * 60_000)
    folder.add_good("gestalt/klammern.txt", lambda text: f"{text}\n" + "(" * 60_000)
    folder.add_good("gestalt/anfuehrung.txt", lambda text: f"{text}\n" + "„" * 60_000)
    folder.add_good("gestalt/ziffern.txt", lambda text: f"{text}\n" + "7" * 60_000)
    folder.add_good("gestalt/ein-wort.txt", lambda text: f"{text}\n" + "wort" * 15_000)
    folder.add_good("gestalt/leerzeilen.txt", lambda text: "\n" * 60_000 + text)
    folder.add_good("gestalt/abkuerzungen.txt", lambda text: f"{text}\n" + "z. B. Dr. " * 6_000)
    folder.add_good("gestalt/kopf.txt", lambda text: "Titel: A\nDatum: 2025-01-01\n\n" + text)
    folder.add_good("gestalt/kopf-kaputt.txt", lambda text: "Titel: A\nDatum: 99.99.9999\n\n" + text)
    folder.add_bad("gestalt/leer.txt", "")
    folder.add_bad("gestalt/weiss.txt", " \n\t\n ")
    folder.add_bad("gestalt/nur-anzeige.txt", "Anzeige\n\n[Anzeige_2]\n\nKommentar (0)\n")
    folder.add_bad("gestalt/riesig.txt", b"x" * 20_000_001)
    folder.add_bad("gestalt/lang.txt", b"wort " * 500_000)


def write_names(folder: HostileFolder) -> None:
    for number, name in enumerate((
        "mit leer zeichen", "umlaut-äöü", unicodedata.normalize("NFD", "zerlegt-äöü"), "апостроф'", 'anführung"',
        "zeile\numbruch", "\x1b[31mrot\x1b[0m", "; rm -rf ~", "$(whoami)", "`id`", "%s%n", "..punkte", "-strich",
        "<img src=x onerror=1>", "&amp;", "stern*", "fragezeichen?", "#raute", "rückwärts\\strich", "{jinja}",
        "عربي", "\u202egpj", "emoji-🙂", "a" * 240, "CON", "tab\tname",
    )):  # fmt: skip
        folder.add_good(f"namen/{number:02}{name}"[:250] + ".txt", lambda text: text)
    folder._write(os.fsdecode(b"namen/kein-utf8-\xff\xfe.txt"), SENTENCE.format("Zyxabafu").encode())
    folder.good["Zyxabafu"] = "namen/kein-utf8-\\udcff\\udcfe.txt"
    folder.add_good("/".join(["tief"] * 40) + "/tief.txt", lambda text: text)
    for name in (".versteckt.txt", ".ordner/datei.txt", "namen/.git/config.txt"):
        folder.add_silent(name)
    for ending in (
        "exe",
        "py",
        "png",
        "mp3",
        "sqlite",
        "pkl",
        "tar",
        "gz",
        "7z",
        "doc",
        "xls",
        "js",
        "sh",
        "TXTX",
        "txt~",
    ):
        folder.add_bad(f"endungen/datei.{ending}", SECRET)
    folder.add_bad("endungen/ohne", SECRET)


def write_specials(folder: HostileFolder, outside: Path) -> None:
    special = folder.root / "besonderes"
    special.mkdir()
    (outside / "geheim.txt").write_text(SECRET)
    for name, target in {
        "link-hinaus.txt": outside / "geheim.txt",
        "link-ordner": outside,
        "link-null.txt": Path("/dev/zero"),
        "link-tot.txt": Path("/gibt/es/nicht"),
        "link-kreis.txt": special / "link-kreis.txt",
        "link-wurzel": Path("/"),
        "link-zurueck": folder.root,
    }.items():
        (special / name).symlink_to(target)
        folder.bad.add(f"besonderes/{name}")
    os.mkfifo(special / "rohr.txt")
    folder.bad.add("besonderes/rohr.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(special)  # the path of a socket must be short
        listener.bind("dose.txt")
        os.chdir(here)
    folder.bad.add("besonderes/dose.txt")


def write_formats(folder: HostileFolder) -> None:
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{folder.root.parent}/draussen/geheim.txt">]><x>&e;</x>'
    laughs = (
        '<!DOCTYPE l [<!ENTITY a "ha">'
        + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
        + "]><l>&j;</l>"
    )
    folder.add_good("formate/seite.html", page)
    folder.add_good("formate/seite.htm", lambda text: page(text, head='<meta charset="windows-1252">').encode("cp1252"))
    folder.add_good("formate/skript.html", lambda text: page(text, head="<script>while(1){}</script>"))
    folder.add_good("formate/notiz.md", lambda text: f"# Titel\n\n{text}\n\n- [Link](javascript:alert(1))\n")
    folder.add_good("formate/brief.docx", docx)
    folder.add_good("formate/zeilen.jsonl", lambda text: json.dumps({"title": "A", "text": text}) + "\n{kaputt\n")
    folder.bad.add("formate/zeilen.jsonl#2")
    folder.add_good("formate/liste.json", lambda text: json.dumps([{"titel": "A", "text": text}]))
    folder.add_good("formate/tabelle.csv", lambda text: f"titel;text\nA;{text}\n")
    folder.add_good(
        "formate/post.eml",
        lambda text: f"From: a@b.example\nSubject: A\nContent-Type: text/plain; charset=utf-8\n\n{text}\n",
    )
    folder.add_good("formate/archiv.zip", lambda text: zipped(**{"../../hinaus.txt": text.encode()}))
    folder.add_bad("formate/leer.html", "")
    folder.add_bad("formate/ohne-text.html", "<html><body><nav>Start</nav></body></html>")
    folder.add_bad("formate/tief.html", "<div>" * 200_000)
    folder.add_bad("formate/kein.pdf", "Ich bin kein PDF.")
    folder.add_bad("formate/abgeschnitten.pdf", b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 ob")
    folder.add_bad("formate/kein.docx", "Ich bin kein Word.")
    folder.add_bad("formate/abgeschnitten.docx", docx("Ein Text.")[:900])
    folder.add_bad(
        "formate/entitaet.docx",
        zipped(**{"[Content_Types].xml": entity.encode(), "word/document.xml": entity.encode()}),
    )
    folder.add_bad(
        "formate/lachen.docx", zipped(**{"[Content_Types].xml": laughs.encode(), "word/document.xml": laughs.encode()})
    )
    folder.add_bad("formate/bombe.docx", zipped(**{"word/document.xml": b"\0" * 300_000_000}))
    folder.add_bad("formate/bombe.zip", zipped(**{"a.txt": b"a " * 150_000_000}))
    folder.add_bad("formate/im-archiv.zip", zipped(**{"b.zip": zipped(a=b"Text")}))
    folder.add_bad("formate/leeres.zip", zipped())
    folder.add_bad(
        "formate/entitaet.odt",
        zipped(mimetype=b"application/vnd.oasis.opendocument.text", **{"content.xml": entity.encode()}),
    )
    folder.add_bad("formate/kaputt.rtf", b"{\\rtf1 {\\b")
    folder.add_bad("formate/tief.json", "[" * 200_000)
    folder.add_bad("formate/zahl.json", '{"zahl": ' + "9" * 100_000 + "}")
    folder.add_bad("formate/ohne-feld.json", '[{"a": 1}]')
    folder.add_bad("formate/ohne-feld.csv", "a;b\n1;2\n")
    folder.add_bad("formate/leer.eml", "")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> HostileFolder:
    base = tmp_path_factory.mktemp("feindlich")
    (base / "draussen").mkdir()
    folder = HostileFolder(base / "artikel")
    folder.root.mkdir()
    write_encodings(folder)
    write_unicode(folder)
    write_shapes(folder)
    write_names(folder)
    write_specials(folder, base / "draussen")
    write_formats(folder)
    return folder


@pytest.fixture(scope="module")
def added(hostile: HostileFolder) -> Iterator[tuple[NewsIndex, list[tuple[str, str]]]]:
    """The index of the hostile folder, and what was skipped: names below the folder, with reasons."""
    news_index = NewsIndex.open_or_create(
        hostile.root.parent / "index", CountingEmbedder(), settings=Settings(vector_weight=0.0)
    )
    report = news_index.add([hostile.root])
    prefix = f"{hostile.root}/"
    yield news_index, [(skipped.path.removeprefix(prefix), skipped.reason) for skipped in report.skipped]
    news_index.close()


def shown(name: str) -> str:
    """A name as messages have it."""
    from index.files import printable

    return printable(name)


def test_hostile_folder_is_large_enough(hostile):
    assert len(hostile.good) + len(hostile.bad) + len(hostile.silent) >= 120


def test_every_good_file_is_found(hostile, added):
    news_index, _ = added
    missing = []
    for word, name in hostile.good.items():
        hits = news_index.search(word, top=20)
        if not any(
            word in hit.article.title + hit.article.text
            and (hit.article.name == shown(name) or hit.article.name.startswith(f"{shown(name)}#"))
            for hit in hits
        ):
            missing.append(name)
    assert missing == []


def test_every_bad_file_is_named_once_with_a_reason(hostile, added):
    _, skipped = added
    named = sorted(name for name, _ in skipped)
    assert named == sorted(shown(name) for name in hostile.bad)
    assert all(reason and "\n" not in reason and len(reason) < 300 for _, reason in skipped)


def test_nothing_outside_is_read_and_nothing_hidden(hostile, added):
    news_index, _ = added
    texts = [entry.article.text for entry in news_index.entries()]
    assert len(texts) == len(hostile.good)
    assert not any(SECRET in text for text in texts)


def test_nothing_is_written_beside_the_index(hostile, added):
    assert sorted(path.name for path in hostile.root.parent.iterdir()) == ["artikel", "draussen", "index"]
    assert [path.name for path in (hostile.root.parent / "draussen").iterdir()] == ["geheim.txt"]


def test_texts_are_clean_and_sentences_stand_in_them(added):
    news_index, _ = added
    for entry in news_index.entries():
        text = entry.article.text
        assert unicodedata.is_normalized("NFC", text)
        assert not any(unicodedata.category(c) in ("Cc", "Cs") and c != "\n" for c in text), entry.article.name
        assert not any(c in text for c in "\u200b\u202e\u2066\ufeff\u00ad")
        for sentence in news_index.catalogue.sentences(entry.article):
            assert text[sentence.start : sentence.end] == sentence.text
            assert len(sentence.text) <= 1000
    assert news_index.faults() == []


MEASURE = """
import re, sys
from pathlib import Path
import psutil
from helpers import CountingEmbedder
from index.store import NewsIndex
NewsIndex.open_or_create(Path(sys.argv[2]), CountingEmbedder()).add([Path(sys.argv[1])])
this = psutil.Process()
for process in (this, *this.children()):  # its parsers run in a child
    # not getrusage, in which a child begins with the peak of its parent
    print(re.search(r"VmHWM:\\s+(\\d+) kB", Path(f"/proc/{process.pid}/status").read_text())[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process")
def test_hostile_folder_takes_less_than_two_gigabytes(hostile, tmp_path):
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parent.parent)])
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, hostile.root, tmp_path / "index"],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        check=True,
        text=True,
    )
    program, parsers = map(int, measured.stdout.split())
    assert program + parsers < 2_000_000  # kilobytes


def test_adding_the_hostile_folder_again_changes_nothing(hostile, added):
    news_index, skipped = added
    report = news_index.add([hostile.root])
    assert (report.added, report.updated, report.removed) == (0, 0, 0)
    # a file with a bad record is unchanged, so its record is not named again
    assert len(report.skipped) == len([name for name, _ in skipped if "#" not in name])
