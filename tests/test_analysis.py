import threading
import unicodedata

import pytest

from index.analysis import content_phrases, name_keys, terms


@pytest.mark.parametrize(
    "spellings",
    [
        ["Häuser", "Haeuser", "HÄUSER", "häuser", unicodedata.normalize("NFD", "Häuser"), "Haus", "Hauses"],
        ["Straße", "Strasse", "STRASSE", "Straßen"],
        ["Maßnahme", "Maßnahmen", "Massnahmen"],
        ["Bürgermeister", "Bürgermeisters", "Buergermeister"],
        ["eröffnet", "eröffnete", "eröffneten"],
    ],
    ids=lambda spellings: spellings[0],
)
def test_terms_are_equal_for_inflections_and_spellings(spellings):
    assert {tuple(terms(spelling)) for spelling in spellings} == {tuple(terms(spellings[0]))}
    assert len(terms(spellings[0])) == 1


def test_terms_keep_order_and_numbers_and_drop_stop_words():
    assert terms("Die Brücke kostet 3,5 Millionen und trägt 1.200 Wagen, nicht 7.") == [
        "bruck", "kost", "3,5", "million", "tragt", "1.200", "wag", "7",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", " \n", "„…“ – !", "und die der", "What is the"])
def test_terms_of_nothing_to_search_for_are_none(text):
    assert terms(text) == []


def test_terms_are_the_same_in_every_thread():
    text = "Häuser und Straßen wurden gebaut " * 200
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(terms(text))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [terms(text)] * 4


@pytest.mark.parametrize(
    "spellings",
    [
        ["Peskow", "Peskov", "Песков", "PESKOW"],
        ["Selenskyj", "Selenskij", "Zelensky", "Zelenskyy", "Зеленский", "Зеленський"],
        ["Kupjansk", "Kupyansk", "Купянск"],
        ["Charkiw", "Kharkiv", "Харків"],
        ["Saporischschja", "Zaporizhzhia", "Запоріжжя"],
        ["Balakliya", "Balaklija", "Балаклія"],
        ["Lukaschenko", "Lukashenko", "Лукашенко"],
        ["Tschernihiw", "Chernihiv"],
        ["Schoigu", "Shoigu", "Шойгу"],
    ],
    ids=lambda spellings: spellings[0],
)
def test_name_keys_join_transliterations(spellings):
    assert {tuple(name_keys(spelling)) for spelling in spellings} == {tuple(name_keys(spellings[0]))}
    assert len(name_keys(spellings[0])) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Charkiw", "Charkow"),
        ("Peskow", "Pestow"),
        ("Merkel", "Merz"),
        ("Kupjansk", "Lyman"),
        ("Hamburg", "Homburg"),
        ("Iran", "Irak"),
        ("Fischer", "Fichte"),
    ],
)
def test_name_keys_keep_different_names_apart(one, other):
    assert not set(name_keys(one)) & set(name_keys(other))


@pytest.mark.parametrize("text", ["", "und der", "Rom", "2025", "3,5 und 1.200"])
def test_name_keys_leave_out_short_words_stop_words_and_numbers(text):
    assert name_keys(text) == []


def test_name_keys_do_not_depend_on_the_form_of_umlauts():
    assert name_keys(unicodedata.normalize("NFD", "Günther Müller")) == name_keys("Günther Müller")


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("Woran war die Sängerin Theresa Amann erkrankt?", ["Sängerin Theresa Amann erkrankt"]),
        ("Um wie viel Geld wurde die Firma Hellweg & Söhne betrogen?", ["Geld", "Firma Hellweg & Söhne betrogen"]),
        ("wieviele züge fuhren am 3. mai", ["züge fuhren", "3", "mai"]),
        ("How many soldiers does the army have?", ["soldiers", "army"]),
        ("Wer?", []),
    ],
)
def test_content_phrases_are_the_runs_between_stop_words(text, phrases):
    assert content_phrases(text) == phrases
