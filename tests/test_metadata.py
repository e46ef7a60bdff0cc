import pytest

from index.metadata import Metadata, read_metadata

TEXT = "Der Rat der Stadt hat den Bau beschlossen. Im Mai beginnt die Arbeit."


@pytest.mark.parametrize(
    "header",
    [
        "Titel: Neue Brücke\nQuelle: Elbblatt\nDatum: 2025-10-06\nURL: https://elbblatt.example/b\nAutor: A. Berg\n",
        "TITLE: Neue Brücke\nPublisher: Elbblatt\nDate: 06.10.2025\nLink: <https://elbblatt.example/b>\n",
        "---\ntitle: \"Neue Brücke\"\nsource: 'Elbblatt'\ntags: [Bau]\ndate: 2025-10-06T08:00:00Z\n"
        "url: https://elbblatt.example/b\n---",
        "Überschrift: Neue Brücke\nMedium: Elbblatt\nRessort: Lokales\nStand: Montag, 6. Oktober 2025, 8 Uhr\n"
        "Quelle: https://elbblatt.example/b\n",
    ],
)
def test_read_metadata_reads_headers(header):
    expected = Metadata("Neue Brücke", "Elbblatt", "2025-10-06", "https://elbblatt.example/b", TEXT, "header")
    assert read_metadata(f"{header}\n{TEXT}") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Titel: Neue Brücke\n\n{TEXT}", Metadata("Neue Brücke", None, None, None, TEXT)),
        (f"Titel: Neue Brücke\n\nNeue Brücke\n\n{TEXT}", Metadata("Neue Brücke", None, None, None, TEXT)),
        (f"Titel: Brücke: ja!\nBerlin: {TEXT}", Metadata("Brücke: ja!", None, None, None, f"Berlin: {TEXT}")),
        (f"Titel: A\nDatum: 31.02.2025\nURL: elbblatt\n\n{TEXT}", Metadata("A", None, None, None, TEXT)),
        ("Titel: Nur ein Titel", Metadata("Nur ein Titel", None, None, None, "")),
        (f"Stand: Wir warten.\n{TEXT}", Metadata(None, None, None, None, f"Stand: Wir warten.\n{TEXT}")),
    ],
)
def test_read_metadata_and_headers_that_are_small_or_none(text, expected):
    assert read_metadata(text) == expected


@pytest.mark.parametrize(
    ("top", "title", "left"),
    [
        ("Rat beschließt neue Brücke\n\n", "Rat beschließt neue Brücke", ""),
        ("Rat beschließt neue Brücke\n", "Rat beschließt neue Brücke", ""),
        ("„Wir bauen. Und zwar jetzt.“\n\n", "„Wir bauen. Und zwar jetzt.“", ""),
        ("Kommt die Brücke?\n\n", "Kommt die Brücke?", ""),
        ("Bauen im Norden\nRat beschließt neue Brücke\n", "Rat beschließt neue Brücke", "Bauen im Norden\n"),
        ("Verkehr:\n\nRat beschließt neue Brücke\n\n", "Rat beschließt neue Brücke", "Verkehr:\n\n"),
        ("Lokales\n\nRat beschließt Bau\n\n", "Rat beschließt Bau", "Lokales\n\n"),
        ("Rat beschließt Bau\n\nEin Kran am Ufer der Elbe\n\n", "Rat beschließt Bau", "Ein Kran am Ufer der Elbe\n\n"),
        ("Rat beschließt Bau\nVon Anna Berg\n\n", "Rat beschließt Bau", "Von Anna Berg\n\n"),
        ("Von Anna Berg\n\nRat beschließt Bau\n\n", "Rat beschließt Bau", "Von Anna Berg\n\n"),
        ("Rat beschließt Bau\n\nRat beschließt Bau\n\n", "Rat beschließt Bau", ""),
        ("Anzeige\n\nRat beschließt Bau\n\n", "Rat beschließt Bau", "Anzeige\n\n"),
        ("Die Stadt baut. Das ist neu.\n\n", None, "Die Stadt baut. Das ist neu.\n\n"),
        ("Am Montag hat der Rat die lange geplante\nund teure Brücke genehmigt.\n", None, None),
        ("- ein Punkt\n- noch ein Punkt\n", None, None),
        ("", None, ""),
    ],
)
def test_read_metadata_takes_a_headline_for_the_title(top, title, left):
    left = top if left is None else left
    assert read_metadata(top + TEXT) == Metadata(title, None, None, None, left + TEXT)


def test_read_metadata_keeps_a_text_that_is_one_line():
    assert read_metadata("Rat beschließt Bau") == Metadata(None, None, None, None, "Rat beschließt Bau")
    assert read_metadata("") == Metadata(None, None, None, None, "")


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("21.11.2025", "2025-11-21"),
        ("1.3.25", "2025-03-01"),
        ("21. November 2025", "2025-11-21"),
        ("Freitag, 21. November 2025", "2025-11-21"),
        ("2. Jänner 2024", "2024-01-02"),
        ("2025-11-21", "2025-11-21"),
        ("November 21, 2025", "2025-11-21"),
        ("Stand: 21.11.2025, 14:05 Uhr", "2025-11-21"),
        ("Veröffentlicht am 21.11.2025", "2025-11-21"),
        ("Veröffentlicht am 21.11.2025 um 14:05 Uhr | Aktualisiert am 22.11.2025", "2025-11-21"),
        ("31.02.2025", None),
        ("21.13.2025", None),
        ("Am 21.11.2025 wurde gefeiert", None),
        ("21. Novembertag 2025", None),
    ],
)
def test_read_metadata_reads_lines_that_are_a_date(line, date):
    text = f"Rat beschließt neue Brücke\n\n{line}\n\n{TEXT}"
    body = TEXT if date else f"{line}\n\n{TEXT}"
    assert read_metadata(text) == Metadata(
        "Rat beschließt neue Brücke", None, date, None, body, "text" if date else None
    )


def test_read_metadata_reads_a_date_under_the_first_paragraph():
    lead = "Die Stadt baut eine neue Brücke."
    text = f"{lead}\n\nStand: 21.11.2025\n\n{TEXT}"
    assert read_metadata(text) == Metadata(None, None, "2025-11-21", None, f"{lead}\n\n{TEXT}", "text")


def test_read_metadata_leaves_the_dates_of_a_chronicle():
    body = f"1.5.2025\n\n{TEXT}\n\n2.5.2025\n\n{TEXT}"
    assert read_metadata(f"Der Bau in Daten\n\n{body}") == Metadata("Der Bau in Daten", None, None, None, body)


@pytest.mark.parametrize(
    ("url", "date"),
    [
        ("https://elbblatt.example/20251121/bau-123.html", "2025-11-21"),
        ("https://elbblatt.example/2025/11/21/bau", "2025-11-21"),
        ("https://elbblatt.example/2025/11/21", "2025-11-21"),
        ("https://elbblatt.example/20251321/bau", None),
        ("https://elbblatt.example/bau-20251121999.html", None),
    ],
)
def test_read_metadata_reads_addresses_and_the_date_in_them(url, date):
    expected = Metadata("Rat beschließt Bau", None, date, url, TEXT, "address" if date else None)
    for text in (
        f"{url}\n\nRat beschließt Bau\n\n{TEXT}",
        f"<{url}>\n\nRat beschließt Bau\n\n{TEXT}",
        f"Rat beschließt Bau\n\n{TEXT}\n\nQuelle: {url}",
    ):
        assert read_metadata(text) == expected


def test_read_metadata_takes_the_publisher_from_a_line_that_names_it():
    text = f"Rat beschließt Bau\n\n{TEXT}\n\nQuelle: Elbblatt"
    assert read_metadata(text) == Metadata("Rat beschließt Bau", "Elbblatt", None, None, TEXT)


@pytest.mark.parametrize(
    ("dateline", "date"),
    [
        ("Bern, 3. Mai 2024 – ", "2024-05-03"),
        ("Bad Sülze, 03.05.2024 (nha) – ", "2024-05-03"),
        ("WIEN, Freitag, 3. Mai 2024. – ", "2024-05-03"),
        ("Bern, 31. Februar 2024 – ", None),
        ("Bern – ", None),
        ("Der Rat tagt in Bern, 3. Mai 2024 hin oder her: ", None),
    ],
)
def test_read_metadata_reads_a_date_in_the_dateline(dateline, date):
    body = f"{dateline}{TEXT}"
    assert read_metadata(body) == Metadata(None, None, date, None, body, "dateline" if date else None)
