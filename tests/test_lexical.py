import sqlite3

import pytest

from index import lexical


@pytest.fixture
def connection():
    connection = sqlite3.connect(":memory:")
    lexical.create(connection)
    yield connection
    connection.close()


PASSAGES = [
    (1, "Hafen", "Der Hafen in Wismar wächst und wächst."),
    (2, "Brücke", "Die Brücke führt über den Hafen zum Markt und weiter zu den Wiesen am Stadtrand."),
    (3, "Besuch", "Präsident Selenskyj reiste nach Charkiw."),
    (4, "Wetter", "Morgen regnet es an der Küste."),
]


@pytest.fixture
def filled(connection):
    for number, title, text in PASSAGES:
        lexical.add(connection, number, title=title, text=text)
    return connection


def found(connection, query, top=10, **options):
    return [number for number, _ in lexical.search(connection, query, top, **options)]


def test_search_ranks_by_bm25_best_first(filled):
    hits = lexical.search(filled, "Was ist mit dem Hafen?", 10)
    assert [number for number, _ in hits] == [1, 2]  # the shorter text, whose title says it too
    assert hits[0][1] > hits[1][1] > 0
    assert lexical.search(filled, "Was ist mit dem Hafen?", 1) == hits[:1]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("Häfen", [1, 2]),
        ("BRUECKEN", [2]),
        ("Zelensky", [3]),
        ("Зеленский в Харкове", [3]),
        ("Kharkiv", [3]),
        ("Zugspitze", []),
        ("Wie ist das?", []),
        ("", []),
    ],
)
def test_search_finds_inflected_and_transliterated_words(filled, query, numbers):
    assert found(filled, query) == numbers


def test_search_gives_equal_passages_in_the_order_of_their_numbers(connection):
    for number in (3, 1, 2):
        lexical.add(connection, number, title="", text="Ein Boot.")
    assert found(connection, "Boot") == [1, 2, 3]
    assert found(connection, "Boot", top=2) == [1, 2]


@pytest.mark.parametrize(("among", "numbers"), [([2, 4], [2]), ([4], []), ([], []), ([2, 1, 99], [1, 2])])
def test_search_is_restricted(filled, among, numbers):
    assert found(filled, "Hafen", among=among) == numbers


@pytest.mark.parametrize(
    "query",
    [
        '"Hafen', "Hafen*", "-Hafen", "Hafen AND", "OR Hafen OR", "NEAR(Hafen, 2)", "NOT Hafen", "body:Hafen", "(Hafen",
        "Hafen)", "{Hafen}", "^Hafen", "Hafen\0", "Hafen + 'x'", "Hafen; DROP TABLE lexical", "Hafen \ud800",
        "Hafen ___", "Hafen ʺxʺyzzz", "Hafen объектъ", "Hafen " + "wort" * 5000, "Hafen " * 5000,
    ],
)  # fmt: skip
def test_search_takes_any_characters(filled, query):
    assert found(filled, query)[:2] == [1, 2]


def test_search_looks_for_numbers_as_they_are_written(connection):
    for number, text in ((1, "Es kamen 1.200 Gäste."), (2, "Es kamen 200 Gäste aus 1 Ort."), (3, "Es waren 3,5 Grad.")):
        lexical.add(connection, number, title="", text=text)
    assert found(connection, "1.200") == [1]
    assert found(connection, "3,5") == [3]


def test_remove_takes_passages_out(filled):
    lexical.remove(filled, [1, 4, 99])
    assert found(filled, "Hafen") == [2]
    assert found(filled, "Küste") == []
    assert lexical.faults(filled, PASSAGES[1:3]) == []


def test_faults_names_a_damaged_table(filled):
    assert lexical.faults(filled, PASSAGES) == []
    filled.commit()
    filled.execute("DELETE FROM lexical_data WHERE id > 10")
    filled.commit()
    assert len(lexical.faults(filled, PASSAGES)) == 1


@pytest.mark.parametrize(
    "passages",
    [PASSAGES[:3], [*PASSAGES, (5, "", "Neu.")], [(1, "Hafen", "Der Hafen in Wismar schrumpft."), *PASSAGES[1:]]],
)
def test_faults_tells_of_other_passages(filled, passages):
    assert lexical.faults(filled, passages) == ["the lexical index does not hold the catalogue's passages"]
