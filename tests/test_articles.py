import json
from dataclasses import replace
from pathlib import Path

import pytest
from test_formats import docx, odt, pdf, zipped

from index import formats
from index.articles import content_id, read_file
from index.errors import ArticleUnreadable
from index.files import ENDINGS, FoundFile, read_bytes
from index.types import Article


@pytest.fixture
def write(tmp_path):
    def write_file(content: str | bytes, name: str = "a.txt") -> FoundFile:
        path: Path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return FoundFile(path, name)

    return write_file


def read_article(found, *, raw=False):
    """The one article of a file."""
    ((record, article),) = read_file(read_bytes(found.path), found, raw=raw).articles
    assert record == ""
    return article


def test_files_and_formats_know_the_same_endings():
    assert ENDINGS == formats.ENDINGS


def test_read_file_gives_each_record_of_a_file(write):
    records = '{"titel": "Fähre", "text": "Die Fähre fährt ab Mai."}\n{"titel": "Leer"}\n{"text": "Der Kran steht."}\n'
    found = write(records, "export.jsonl")
    content = read_file(read_bytes(found.path), found)
    assert [(record, article.name, article.title, article.text) for record, article in content.articles] == [
        ("1", "export.jsonl#1", "Fähre", "Die Fähre fährt ab Mai."),
        ("3", "export.jsonl#3", "Der Kran steht.", "Der Kran steht."),
    ]
    assert [record for record, _ in content.faults] == ["2"]


def test_read_file_puts_everything_together(write):
    found = write(
        "Titel: Neue Fähre\r\nQuelle: Rundschau am Rhein\r\nDatum: 2025-10-06\r\n\r\n"
        "Die Fähre fährt  ab Mai.\r\n\r\nAnzeige\r\n\r\nSie heißt „Möwe“.\r\n"
    )
    assert read_article(found) == Article(
        id="739c635848f59001",  # stored in people's indexes: it must not change
        text="Die Fähre fährt  ab Mai.\n\nSie heißt „Möwe“.",
        title="Neue Fähre",
        publisher="Rundschau am Rhein",
        date="2025-10-06",
        url=None,
        date_source="header",
        language="de",
        name="a.txt",
    )


def test_read_file_takes_the_bytes_it_is_given(tmp_path):
    found = FoundFile(tmp_path / "fehlt.txt", "fehlt.txt")
    article = read_file(b"Titel: Ufer\n\nDer Rhein steigt.", found).articles[0][1]
    assert article == Article(id=content_id(article), text="Der Rhein steigt.", title="Ufer", name="fehlt.txt")


def test_read_file_raw_takes_the_text_as_it_is(write):
    article = read_article(write("Titel: Neue Fähre\n\n\nAnzeige \nSie heißt „Möwe“.\n"), raw=True)
    assert replace(article, id="", language=None) == Article(
        id="", text="Titel: Neue Fähre\n\nAnzeige\nSie heißt „Möwe“.", title="Titel: Neue Fähre", name="a.txt"
    )


def test_read_file_id_follows_the_content_and_not_the_file(write):
    text = "Titel: Neue Fähre\n\nSie heißt „Möwe“."
    article = read_article(write(text))
    assert read_article(write(text.encode("cp1252"), "b.text")) == replace(article, name="b.text")
    assert read_article(write(text + " Ja.")).id != article.id
    assert read_article(write(text.replace("Neue", "Alte"))).id != article.id


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Die Fähre fährt.", "Die Fähre fährt."),
        (
            "Die neue Fähre fährt ab morgen. Sie heißt „Möwe“ und ist" + " sehr" * 20 + " groß.",
            "Die neue Fähre fährt ab morgen.",
        ),
        ("Am 7. Mai fährt " + "die Fähre " * 20, "Am 7. Mai fährt " + "die Fähre " * 7 + "die…"),
        ("F" * 100, "F" * 89 + "…"),
    ],
)
def test_read_file_without_a_title_shows_the_beginning(write, text, title):
    assert read_article(write(text)).title == title


@pytest.mark.parametrize("content", ["", " \n\t\u200b", "Anzeige\n\nTeilen", "Titel: Nur ein Titel\n", "...\n---"])
def test_read_file_refuses_a_file_without_text(write, content):
    with pytest.raises(ArticleUnreadable, match=r"holds no text|is empty"):
        read_article(write(content))


def test_read_file_refuses_a_text_that_is_too_long(write):
    with pytest.raises(ArticleUnreadable, match="has 2,000,001 characters, and an article has at most 2,000,000"):
        read_article(write("x" * 2_000_001))


def test_read_file_puts_wrongly_decoded_letters_right(write):
    article = read_article(write("Titel: FÃ¤hre fÃ¼r alle\n\nDie FÃ¤hre â€žMÃ¶weâ€œ fÃ¤hrt. Für 5 Euro.\n"))
    assert (article.title, article.text) == ("Fähre für alle", "Die Fähre „Möwe“ fährt. Für 5 Euro.")


# ---- what a document says of itself ----

HEADLINE = "Rat beschließt neue Brücke"
SENTENCE = "Der Rat der Stadt Neustadt hat am Abend nach langem Streit den Bau einer neuen Brücke beschlossen."


def write_docx(lines, *, title="", created="2026-07-01"):
    body = "".join(f"<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>{line}</w:t></w:r></w:p>" for line in lines)
    return docx(
        body,
        f"<dc:title>{title}</dc:title><dcterms:created>{created}T10:00:00Z</dcterms:created>"
        "<dcterms:modified>2026-07-02T10:00:00Z</dcterms:modified>",
    )


def write_odt(lines, *, title="", created="2026-07-01"):
    body = "".join(f"<text:p>{line}</text:p>" for line in lines)
    return odt(body, f"<dc:title>{title}</dc:title><meta:creation-date>{created}T10:00:00</meta:creation-date>")


def write_rtf(lines, *, title="", created="2026-07-01"):
    year, month, day = created.split("-")
    info = f"{{\\title {title}}}" if title else ""
    source = (
        f"{{\\rtf1\\ansi\\ansicpg1252{{\\info{info}{{\\creatim\\yr{year}\\mo{month}\\dy{day}}}}}"
        + "".join(f"\\pard {line}\\par\n" for line in lines)
        + "}"
    )
    return "".join(f"\\'{byte:02x}" if byte > 127 else chr(byte) for byte in source.encode("cp1252")).encode("ascii")


def write_pdf(lines, *, title="", created="2026-07-01"):
    return pdf(lines, about=f"/Title ({title}) /CreationDate (D:{created.replace('-', '')})")


DOCUMENTS = {".docx": write_docx, ".odt": write_odt, ".rtf": write_rtf, ".pdf": write_pdf}
in_every_kind_of_document = pytest.mark.parametrize("ending", DOCUMENTS)


def read_document(ending, lines, **properties):
    data = DOCUMENTS[ending](lines, **properties)
    article = read_file(data, FoundFile(Path(f"a{ending}"), f"a{ending}")).articles[0][1]
    return (article.title, article.publisher, article.date, article.date_source, article.text)


@pytest.mark.parametrize(
    ("line", "publisher", "date"),
    [
        ("Tagblatt Neustadt, 14. März 2024", "Tagblatt Neustadt", "2024-03-14"),
        ("Von Anna Beispiel, Neustädter Bote, 3.5.2025", "Neustädter Bote", "2025-05-03"),
        ("dpa, 12.01.2024", "dpa", "2024-01-12"),
        ("Neustädter Bote | Samstag, 3. Mai 2025, Seite 5", "Neustädter Bote", "2025-05-03"),
        ("Quelle: Nordwind, 3. Mai 2025", "Nordwind", "2025-05-03"),
        ("14. März 2024", None, "2024-03-14"),
        ("Stand: Donnerstag, 14.03.2024, 9.05 Uhr", None, "2024-03-14"),
    ],
)
@in_every_kind_of_document
def test_read_file_takes_outlet_and_date_from_a_line_of_a_document(ending, line, publisher, date):
    expected = (HEADLINE, publisher, date, "text", SENTENCE)
    assert read_document(ending, [HEADLINE, line, SENTENCE]) == expected
    assert read_document(ending, [line, HEADLINE, SENTENCE]) == expected
    assert read_document(ending, [HEADLINE, line, SENTENCE], title=HEADLINE) == expected
    other = "Die Stadt und ihre Brücke"
    expected = (other, publisher, date, "text", f"{HEADLINE}\n{SENTENCE}")
    assert read_document(ending, [HEADLINE, line, SENTENCE], title=other) == expected


@in_every_kind_of_document
def test_read_file_takes_outlet_and_date_from_two_lines_of_a_document(ending):
    expected = (HEADLINE, "Neustädter Bote", "2025-05-03", "text", SENTENCE)
    for lines in (["Neustädter Bote", "Samstag, 3. Mai 2025"], ["3.5.2025", "Neustädter Bote"]):
        for title in ("", HEADLINE):
            assert read_document(ending, [HEADLINE, *lines, SENTENCE], title=title) == expected
            assert read_document(ending, [*lines, HEADLINE, SENTENCE], title=title) == expected


@in_every_kind_of_document
def test_read_file_takes_outlet_and_date_from_the_header_of_a_document(ending):
    lines = [f"Titel: {HEADLINE}", "Quelle: Nordwind", "Datum: 14.03.2024", SENTENCE]
    expected = (HEADLINE, "Nordwind", "2024-03-14", "header", SENTENCE)
    assert read_document(ending, lines) == expected
    assert read_document(ending, lines, title="Die Stadt und ihre Brücke") == expected


@pytest.mark.parametrize(
    "line",
    [
        "Am 14. März 2024 hat das Tagblatt Neustadt als erstes davon berichtet.",
        "Neustadt (dpa) – Am 12.01.2024 hat auch der Kreis dem Bau zugestimmt.",
        "Tagblatt Neustadt, 14. März 2024: Der Rat hat zugestimmt.",
        "Der Bau soll, schreibt der Neustädter Bote, am 3.5.2025 beginnen.",
    ],
)
@in_every_kind_of_document
def test_read_file_keeps_the_first_paragraph_of_a_document(ending, line):
    # When the file was made is the last resort.
    text = f"{line}\n{SENTENCE}"
    assert read_document(ending, [HEADLINE, line, SENTENCE]) == (HEADLINE, None, "2026-07-01", "metadata", text)
    assert read_document(ending, [line, SENTENCE], title=HEADLINE) == (HEADLINE, None, "2026-07-01", "metadata", text)


@pytest.mark.parametrize("line", ["Neustadt, 14. März 2024", "Von Anna Beispiel, 14.03.2024"])
@in_every_kind_of_document
def test_read_file_takes_only_the_date_beside_a_place_or_an_author_in_a_document(ending, line):
    expected = (HEADLINE, None, "2024-03-14", "dateline", f"{line}\n{SENTENCE}")
    assert read_document(ending, [HEADLINE, line, SENTENCE]) == expected
    assert read_document(ending, [HEADLINE, line, SENTENCE], title=HEADLINE) == expected


def test_read_file_reads_a_document_in_an_archive_as_one_outside():
    data = zipped({"a.docx": write_docx([HEADLINE, "dpa, 12.01.2024", SENTENCE], title=HEADLINE)})
    ((record, article),) = read_file(data, FoundFile(Path("a.zip"), "a.zip")).articles
    assert (record, article.publisher, article.date, article.text) == ("a.docx", "dpa", "2024-01-12", SENTENCE)


def test_read_file_believes_the_date_of_a_record_before_its_text(write):
    found = write(json.dumps({"text": f"{HEADLINE}\ndpa, 12.01.2024\n{SENTENCE}", "datum": "2024-01-13"}), "a.json")
    article = read_file(read_bytes(found.path), found).articles[0][1]
    assert (article.publisher, article.date, article.date_source) == ("dpa", "2024-01-13", "metadata")
    assert (article.title, article.text) == (HEADLINE, SENTENCE)


def test_read_file_raw_takes_a_document_as_it_is():
    data = write_docx([HEADLINE, "dpa, 12.01.2024", SENTENCE])
    article = read_file(data, FoundFile(Path("a.docx"), "a.docx"), raw=True).articles[0][1]
    assert article.text == f"{HEADLINE}\ndpa, 12.01.2024\n{SENTENCE}"
    assert (article.publisher, article.date, article.date_source) == (None, "2026-07-01", "metadata")
