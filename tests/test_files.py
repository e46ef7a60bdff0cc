import os
from pathlib import Path

import pytest

from index.errors import ArticleUnreadable
from index.files import FoundFile, Skipped, decode, find_files, read_bytes


def test_find_files_walks_folders_in_sorted_order(tmp_path):
    for name in ("b.txt", "a/z.TXT", "a/b/c.text", ".geheim/x.txt", ".x.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Text.")
    found, skipped = find_files([tmp_path])
    assert found == [FoundFile(tmp_path / name, name) for name in ("a/b/c.text", "a/z.TXT", "b.txt")]
    assert skipped == []


def test_find_files_names_a_file_by_its_bare_name_and_finds_it_once(tmp_path, monkeypatch):
    article = tmp_path / "ordner" / "a.txt"
    article.parent.mkdir()
    article.write_text("Text.")
    monkeypatch.chdir(tmp_path)
    found, skipped = find_files([article, Path("ordner/a.txt"), tmp_path])
    assert found == [FoundFile(article, "a.txt")]
    assert skipped == []


def test_find_files_skips_other_endings_with_a_reason(tmp_path):
    (tmp_path / "bild.png").write_text("")
    (tmp_path / "README").write_text("")
    remedy = "which is not read; save it as plain text (.txt), a web page (.html) or a PDF"
    expected = [
        Skipped(str(tmp_path / "README"), f"has no ending, {remedy}"),
        Skipped(str(tmp_path / "bild.png"), f"has the ending '.png', {remedy}"),
    ]
    assert find_files([tmp_path]) == ([], expected)
    assert find_files([tmp_path / "README", tmp_path / "bild.png"]) == ([], expected)


def test_find_files_skips_what_does_not_exist(tmp_path):
    missing = tmp_path / "fehlt.txt"
    assert find_files([missing]) == ([], [Skipped(str(missing), "does not exist")])


def test_find_files_of_an_empty_folder_or_of_nothing(tmp_path):
    assert find_files([tmp_path]) == ([], [])
    assert find_files([]) == ([], [])


def test_find_files_does_not_follow_links_inside_a_folder(tmp_path):
    outside = tmp_path / "draussen"
    outside.mkdir()
    (outside / "geheim.txt").write_text("geheim")
    folder = tmp_path / "artikel"
    folder.mkdir()
    (folder / "datei.txt").symlink_to(outside / "geheim.txt")
    (folder / "ordner").symlink_to(outside)
    (folder / "kreis").symlink_to(folder)
    found, skipped = find_files([folder])
    assert found == []
    assert [item.path for item in skipped] == [str(folder / name) for name in ("datei.txt", "kreis", "ordner")]
    assert {item.reason for item in skipped} == {
        "is a symbolic link, and links inside a folder are not followed; name the file itself"
    }


def test_find_files_follows_a_link_that_was_named(tmp_path):
    (tmp_path / "echt.txt").write_text("Text.")
    (tmp_path / "link.txt").symlink_to(tmp_path / "echt.txt")
    assert find_files([tmp_path / "link.txt"]) == ([FoundFile(tmp_path / "echt.txt", "link.txt")], [])


def test_find_files_skips_a_link_that_leads_to_itself(tmp_path):
    loop = tmp_path / "kreis.txt"
    loop.symlink_to(loop)
    expected = [Skipped(str(loop), "cannot be opened; check the path and its permissions")]
    assert find_files([loop]) == ([], expected)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_files_that_are_pipes_are_not_opened_for_ever(tmp_path):
    pipe = tmp_path / "rohr.txt"
    os.mkfifo(pipe)
    assert find_files([tmp_path]) == ([], [Skipped(str(pipe), "is not a regular file")])
    with pytest.raises(ArticleUnreadable, match="not a regular file"):
        read_bytes(pipe)


def test_find_files_writes_odd_names_so_that_they_can_be_printed(tmp_path):
    (tmp_path / "a\x1b[31m\u202e.txt").write_text("Text.")
    found, _ = find_files([tmp_path])
    assert [file.name for file in found] == ["a\\x1b[31m\\u202e.txt"]
    assert found[0].path.read_text() == "Text."


def test_read_bytes_reads_up_to_its_limit(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"12345")
    assert read_bytes(path, limit=5) == b"12345"
    with pytest.raises(ArticleUnreadable, match="has 5 bytes, more than the 4 that are read"):
        read_bytes(path, limit=4)


def test_read_bytes_refuses_links_and_missing_files(tmp_path):
    (tmp_path / "a.txt").write_text("Text.")
    (tmp_path / "link.txt").symlink_to(tmp_path / "a.txt")
    with pytest.raises(ArticleUnreadable, match="symbolic link"):
        read_bytes(tmp_path / "link.txt")
    with pytest.raises(ArticleUnreadable, match="does not exist any more"):
        read_bytes(tmp_path / "b.txt")
    with pytest.raises(ArticleUnreadable, match="not a regular file"):
        read_bytes(tmp_path)


GERMAN = "Die Bürgermeisterin von Köln sagte: „Größere Züge kosten 30 € – ändern wir das?“ Spaß“ üben Äpfel."


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "mac_roman"]
)
def test_decode_recognises_the_encoding_of_german_text(encoding):
    assert decode(GERMAN.encode(encoding)) == GERMAN


def test_decode_recognises_big_endian_byte_order_marks():
    assert decode(b"\xfe\xff" + GERMAN.encode("utf-16-be")) == GERMAN
    assert decode(b"\0\0\xfe\xff" + GERMAN.encode("utf-32-be")) == GERMAN


@pytest.mark.parametrize("encoding", ["latin-1", "cp850"])
def test_decode_recognises_code_pages_without_typographic_quotes(encoding):
    text = 'Die Größe der Brücke über die Elbe ist "schön", fand Frau Öztürk.'
    assert decode(text.encode(encoding)) == text


def test_decode_mends_utf8_with_old_bytes_in_it():
    data = (
        "Köln, Düsseldorf und Münster ".encode() + "prüfen die Züge".encode("cp1252") + " für März, Café, Öl".encode()
    )
    assert decode(data) == "Köln, Düsseldorf und Münster prüfen die Züge für März, Café, Öl"


def test_decode_of_no_bytes_is_no_text():
    assert decode(b"") == ""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.7 Text", "is a PDF file"),
        (b"PK\x03\x04abc", "is a ZIP archive"),
        (b"\x89PNG\r\n\x1a\n", "is a PNG picture"),
        (b"{\\rtf1 Text}", "is an RTF document"),
        (bytes(range(256)) * 4, "holds binary data"),
        (b"\x01\x02\x03abc" * 50, "holds binary data"),
        (b"\x01\0\x02\0\x03\0" * 100, "holds binary data"),
    ],
)
def test_decode_refuses_what_is_no_text(data, reason):
    with pytest.raises(ArticleUnreadable, match=reason):
        decode(data)


def test_decode_bears_some_controls_in_text():
    text = "Ein Satz mit \x1b[1mFarbe\x1b[0m und einem \0 darin, und er geht noch ein Stück weiter."
    assert decode(text.encode()) == text
