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


TITLE = "Rat beschließt neue Brücke"


@pytest.mark.parametrize(
    ("line", "publisher", "date"),
    [
        ("Tagblatt Neustadt, 14. März 2024", "Tagblatt Neustadt", "2024-03-14"),
        ("TAGBLATT NEUSTADT, 14. MÄRZ 2024", "TAGBLATT NEUSTADT", "2024-03-14"),
        ("Von Anna Beispiel, Neustädter Bote, 3.5.2025", "Neustädter Bote", "2025-05-03"),
        ("Von Anna von Beispiel und Bo Muster, Neustädter Bote, 3.5.25", "Neustädter Bote", "2025-05-03"),
        ("Von unserem Korrespondenten Bo Muster, Neustädter Bote, 3.5.2025", "Neustädter Bote", "2025-05-03"),
        ("By Ann Example, Newtown Herald, May 3, 2025", "Newtown Herald", "2025-05-03"),
        ("dpa, 12.01.2024", "dpa", "2024-01-12"),
        ("(dpa) 12.01.2024", "dpa", "2024-01-12"),
        ("dpa/AFP, 12.01.2024", "dpa", "2024-01-12"),
        ("Tagblatt Neustadt/dpa, 12.01.2024", "Tagblatt Neustadt", "2024-01-12"),
        ("dpa, Tagblatt Neustadt, 12.01.2024", "Tagblatt Neustadt", "2024-01-12"),
        ("Neustädter Bote | Samstag, 3. Mai 2025, 14:05 Uhr", "Neustädter Bote", "2025-05-03"),
        ("Neustädter Bote (3. Mai 2025)", "Neustädter Bote", "2025-05-03"),
        ("Samstag, 3. Mai 2025 – Neustädter Bote – Anna Beispiel", "Neustädter Bote", "2025-05-03"),
        ("Peene-Echo, Ausgabe vom 3. Mai 2025, Lokales, S. 5", "Peene-Echo", "2025-05-03"),
        ("Aus der Neustädter Zeitung vom 3. Mai 2025", "Neustädter Zeitung", "2025-05-03"),
        ("Erschienen am 3. Mai 2025 in der Rundschau am Rhein", "Rundschau am Rhein", "2025-05-03"),
        ("Die Zeit, 3. Mai 2025, aktualisiert am 4. Mai 2025", "Die Zeit", "2025-05-03"),
        ("neustadt-heute.example.de, 2025-05-03", "neustadt-heute.example.de", "2025-05-03"),
        ("Quelle: Nordwind, 3.5.2025", "Nordwind", "2025-05-03"),
        ("Erschienen in: Tagblatt Neustadt, 3.5.2025, Seite 5", "Tagblatt Neustadt", "2025-05-03"),
    ],
)
def test_read_metadata_reads_a_line_that_names_outlet_and_day(line, publisher, date):
    expected = Metadata(TITLE, publisher, date, None, TEXT, "text")
    assert read_metadata(f"{TITLE}\n{line}\n{TEXT}") == expected
    assert read_metadata(f"{TITLE}\n\n{line}\n\n{TEXT}") == expected
    assert read_metadata(f"{line}\n{TITLE}\n{TEXT}") == expected
    assert read_metadata(f"{line}\n{TEXT}") == Metadata(None, publisher, date, None, TEXT, "text")
    assert read_metadata(f"{TITLE}\n{TEXT}\n{line}\n{TEXT}") == Metadata(
        TITLE, publisher, date, None, f"{TEXT}\n{TEXT}", "text"
    )


@pytest.mark.parametrize(
    "line",
    [
        "Tagblatt Neustadt, 31. Februar 2024, Seite 5",
        "Das Tagblatt Neustadt feierte am 14. März 2024 sein Bestehen und druckte dazu eine Festschrift",
        "Am 14. März 2024 berichtete das Tagblatt Neustadt als erstes von dem Bau.",
        "Tagblatt Neustadt, 14. März 2024: Der Rat hat den Bau beschlossen.",
        "Feuer in der Stadt, Tagblatt Neustadt, 14. März 2024.",
        "dpa meldete am 12.01.2024 den Beginn der Arbeit, so der Sprecher.",
        "Neustadt (dpa) – Am 12.01.2024 begann die Arbeit.",
        "Das Merkblatt vom 14. März 2024 gilt.",
    ],
)
def test_read_metadata_takes_no_outlet_out_of_a_text(line):
    body = f"{line}\n{TEXT}"
    assert read_metadata(body, title=TITLE) == Metadata(TITLE, None, None, None, body)


@pytest.mark.parametrize(
    "line",
    [
        "Neustadt, 14. März 2024",
        "Neustadt an der Saale, den 14. März 2024",
        "Von Anna Beispiel, 14. März 2024",
        "Von Anna Beispiel, Neustadt | 14.03.2024",
        "Nordwind, 14. März 2024",
        "Deutsche Post, 14. März 2024",
        "Merkblatt, 14. März 2024",
        "Bundesnetzagentur Neustadt, 14. März 2024",
        "Kurznachrichten, 14. März 2024",
        "Nachrichten, 14. März 2024",
    ],
)
def test_read_metadata_takes_only_the_date_beside_a_name_that_may_be_no_outlet(line):
    body = f"{line}\n{TEXT}"
    assert read_metadata(f"{TITLE}\n{body}") == Metadata(TITLE, None, "2024-03-14", None, body, "dateline")
    assert read_metadata(f"{line}\n{TITLE}\n{TEXT}") == Metadata(TITLE, None, "2024-03-14", None, body, "dateline")


def test_read_metadata_takes_a_line_with_a_name_and_a_day_for_the_title_where_there_is_no_other():
    line = "Stadtfest Neustadt, 14. März 2024"
    assert read_metadata(f"{line}\n{TEXT}") == Metadata(line, None, None, None, TEXT)


@pytest.mark.parametrize("second", ["Neustädter Bote, 15. März 2024", "Nordwind, 15. März 2024"])
def test_read_metadata_leaves_the_outlets_of_a_press_review(second):
    body = f"Tagblatt Neustadt, 14. März 2024\n{TEXT}\n{second}\n{TEXT}"
    title = "Was die Blätter zur neuen Brücke schreiben"
    assert read_metadata(f"{title}\n{body}") == Metadata(title, None, None, None, body)


def test_read_metadata_keeps_a_text_that_is_only_outlet_and_day():
    line = "Tagblatt Neustadt, 14. März 2024"
    assert read_metadata(line) == Metadata(None, None, None, None, line)


@pytest.mark.parametrize("outlet", ["Elbkurier", "Tagblatt Neustadt", "Die Welt", "dpa"])
@pytest.mark.parametrize("day", ["14.3.2024", "Stand: Donnerstag, 14. März 2024, 9:05 Uhr"])
def test_read_metadata_reads_outlet_and_day_on_two_lines(outlet, day):
    expected = Metadata(TITLE, outlet, "2024-03-14", None, TEXT, "text")
    for text in (
        f"{TITLE}\n{outlet}\n{day}\n{TEXT}",
        f"{TITLE}\n{day}\n{outlet}\n{TEXT}",
        f"{TITLE}\n\n{outlet}\n\n{day}\n\n{TEXT}",
        f"{outlet}\n{day}\n{TITLE}\n{TEXT}",
    ):
        assert read_metadata(text) == expected
        assert read_metadata(text, title=TITLE) == expected
    below_the_lead = f"{TITLE}\n{TEXT}\n{outlet}\n{day}\n{TEXT}"
    assert read_metadata(below_the_lead) == Metadata(TITLE, outlet, "2024-03-14", None, f"{TEXT}\n{TEXT}", "text")


def test_read_metadata_takes_no_title_for_an_outlet_because_a_day_stands_below():
    title = "Himmlischer Bote"
    for known in (None, title):
        assert read_metadata(f"{title}\n14.3.2024\n{TEXT}", title=known) == Metadata(
            title, None, "2024-03-14", None, TEXT, "text"
        )
    assert read_metadata(f"{title}\nVon Anna Berg\n14.3.2024\n{TEXT}") == Metadata(
        title, None, "2024-03-14", None, f"Von Anna Berg\n{TEXT}", "text"
    )


@pytest.mark.parametrize("line", ["Nordwind", "Regionalnachrichten", "Ein Kran am Ufer", "Welt"])
def test_read_metadata_keeps_a_short_line_above_a_day_that_may_be_no_outlet(line):
    expected = Metadata(TITLE, None, "2024-03-14", None, f"{line}\n{TEXT}", "text")
    assert read_metadata(f"{TITLE}\n{line}\n14.3.2024\n{TEXT}") == expected


@pytest.mark.parametrize(
    "body",
    [
        f"Elbkurier\n14.3.2024\n{TEXT}\nTagblatt Neustadt\n14.3.2024\n{TEXT}",
        f"Elbkurier\n14.3.2024\n{TEXT}\nNeustadt, 15. März 2024\n{TEXT}",
    ],
)
def test_read_metadata_keeps_the_outlets_of_a_press_review_on_lines_of_their_own(body):
    read = read_metadata(f"{TITLE}\n{body}")
    assert (read.publisher, read.body) == (None, body.replace("Elbkurier\n14.3.2024", "Elbkurier"))


@pytest.mark.parametrize(
    "body",
    [
        f"Elbkurier\n14.3.2024\n{TEXT}\n15.3.2024\n{TEXT}",
        f"{TEXT}\n{TEXT}\nElbkurier\n14.3.2024",
    ],
)
def test_read_metadata_leaves_outlet_and_day_in_a_chronicle_and_in_the_text(body):
    assert read_metadata(f"{TITLE}\n{body}") == Metadata(TITLE, None, None, None, body)


def test_read_metadata_reads_outlet_and_day_from_a_label_at_the_end_but_a_date_at_the_top_first():
    line = "Quelle: Tagblatt Neustadt, 14. März 2024"
    expected = Metadata(TITLE, "Tagblatt Neustadt", "2024-03-14", None, TEXT, "text")
    assert read_metadata(f"{TITLE}\n\n{TEXT}\n\n{line}") == expected
    assert read_metadata(f"{TITLE}\n14.3.2024\n{TEXT}\n{line.replace('14', '15')}") == expected


@pytest.mark.parametrize(
    ("header", "date"),
    [
        ("Titel: Brücke\nQuelle: Elbblatt, 14. März 2024", "2024-03-14"),
        ("Titel: Brücke\nQuelle: Elbblatt, 14. März 2024\nDatum: 2024-03-15", "2024-03-15"),
    ],
)
def test_read_metadata_reads_a_header_whose_source_has_a_day(header, date):
    assert read_metadata(f"{header}\n\n{TEXT}") == Metadata("Brücke", "Elbblatt", date, None, TEXT, "header")


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        (f"Ein Kran am Ufer\n{TEXT}", TITLE, f"Ein Kran am Ufer\n{TEXT}"),
        (f"14.3.2024\n{TITLE}\n{TEXT}", TITLE, TEXT),
        (TITLE, None, TITLE),
    ],
)
def test_read_metadata_with_a_known_title_takes_no_other_line_for_it(text, title, body):
    read = read_metadata(text, title=TITLE)
    assert (read.title, read.body) == (title, body)


@pytest.mark.parametrize(
    "text",
    [
        f"{TITLE}\nElbkurier, 14. März 2024\n{TEXT}\nElbkurier\n14. März 2024",
        f"{TITLE}\nElbkurier\n14. März 2024\ndpa\n{TEXT}",
    ],
    ids=["again at the foot", "an agency below the day"],
)
def test_read_metadata_takes_one_outlet_that_is_named_twice_for_no_press_review(text):
    read = read_metadata(text)
    assert (read.title, read.publisher, read.date) == (TITLE, "Elbkurier", "2024-03-14")
