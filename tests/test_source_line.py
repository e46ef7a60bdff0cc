import pytest

from index.source_line import Source, is_dated_name, source_in_two_lines, source_line


@pytest.mark.parametrize(
    ("line", "publisher", "is_labelled"),
    [
        ("Elbblatt, 3. Mai 2024", "Elbblatt", False),
        ("Berlin Kurier, 3. Mai 2024", "Berlin Kurier", False),
        ("3. Mai 2024 · www.elbblatt.example.de · nha", "www.elbblatt.example.de", False),
        ("Text: Bo Muster, Kultur, Elbblatt, Nr. 12, 3. Mai 2024", "Elbblatt", False),
        ("dpa, AFP, 3. Mai 2024", "dpa", False),
        ("dpa, AFP, Elbblatt, 3. Mai 2024", "Elbblatt", False),
        ("Quelle: Elbblatt, 3. Mai 2024", "Elbblatt", True),
        ("Quelle: Nordwind Neustadt, 3. Mai 2024", "Nordwind Neustadt", True),
        ("Quelle: Anna Berg, Elbblatt, 3. Mai 2024", "Elbblatt", True),
    ],
)
def test_source_line(line, publisher, is_labelled):
    assert source_line(line) == Source(publisher, "2024-05-03", is_labelled)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "3. Mai 2024",
        "Quelle: 3. Mai 2024",
        "Quelle: Elbblatt",
        "Elbblatt, 31. April 2024",
        "Nordwind, 3. Mai 2024",
        "Notenblatt, 3. Mai 2024",
        "Kalenderblatt, 3. Mai 2024",
        "Angebote, 3. Mai 2024",
        "Aktuelle Nachrichten, 3. Mai 2024",
        "Elbblatt, 3. Mai 2024, der Rat tagt",
        "Quelle: der Rat, 3. Mai 2024",
        "Elbblatt, 3. Mai 2024" + ", Neustadt" * 10,
    ],
)
def test_source_line_is_none_where_no_outlet_or_no_day_is_named_or_more_is_said(line):
    assert source_line(line) is None


@pytest.mark.parametrize(
    "outlet",
    [
        "Elbkurier",
        "ELBKURIER",
        "Neustädter Bote",
        "Neue Neustädter Nachrichten",
        "Rundschau am Rhein",
        "Tagblatt Neustadt",
        "dpa",
        "ZDF",
        "Die Welt",
        "www.neustadt-heute.de",
    ],
)
def test_source_in_two_lines_takes_outlet_and_day_in_either_order(outlet):
    source = Source(outlet, "2024-05-03", is_labelled=False)
    for day in ("3.5.2024", "(Stand: Freitag, 3. Mai 2024, 14:05 Uhr)"):
        assert source_in_two_lines(outlet, day) == source
        assert source_in_two_lines(day, outlet) == source


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Nordwind",
        "Von Anna Berg, Elbkurier",
        "Elbkurier, Seite 5",
        "Der Elbkurier berichtet",
        "Freitag",
        "Fr",
        "Welt",
        "Zeit",
        "Bild",
        "20 Minuten",
        "Nachrichten",
        "Regionalnachrichten",
        "Aktuelle Nachrichten",
        "Kulturmagazin",
        "Wirtschaft Online",
        "Pressestimme",
        "Lügenpresse",
        "Leserecho",
        "Sonderangebote",
        "Fahrverbote",
        "Kalenderblatt",
        "Drogenkurier",
        "Paketbote",
        "Haupttribüne",
        "Schülerzeitung",
        "Presserundschau",
        "Ein Bote",
        "Fake News",
        "New Times Sues Newtown",
    ],
)
def test_source_in_two_lines_is_none_where_the_name_may_be_something_else(line):
    assert source_in_two_lines(line, "3.5.2024") is None


@pytest.mark.parametrize("line", ["", "31.4.2024", "3. Mai", "3. Mai 2024, Neustadt", "Elbkurier"])
def test_source_in_two_lines_is_none_without_a_line_that_is_a_day(line):
    assert source_in_two_lines("Elbkurier", line) is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Neustadt, 3. Mai 2024", True),
        ("Von Anna Berg und Bo Muster, Neustadt an der Saale | 3. Mai 2024", True),
        ("Neustadt, 31. April 2024", True),
        ("A, B, C, 3. Mai 2024", True),
        ("A, B, C, D, 3. Mai 2024", False),
        ("Neustadt 3. Mai 2024", False),
        ("Neustadt, 3. Mai 2024, Seite 5", False),
        ("Der Rat tagt, 3. Mai 2024", False),
        ("3. Mai 2024", False),
        ("Neustadt", False),
    ],
)
def test_is_dated_name(line, expected):
    assert is_dated_name(line) is expected
