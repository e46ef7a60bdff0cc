from dataclasses import replace
from pathlib import Path

import pytest

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
