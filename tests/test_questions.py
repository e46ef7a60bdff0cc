import pytest

from qa.questions import AnswerKind, detect_language, expected_kind, expected_unit


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Wann öffnet das neue Hallenbad?", "de"),
        ("umsatz 2024 firma x", "de"),
        ("Wie hoch war der Umsatz von Apple and Sons?", "de"),
        ("", "de"),
        ("When does the new pool open?", "en"),
        ("how many people were injured", "en"),
        ("Когда откроется новый бассейн?", "ru"),
        ("Сколько стоит билет на фестиваль Waldklang?", "ru"),
        ("Коли відкриється новий басейн?", "uk"),
        ("Хто очолює раду?", "uk"),
    ],
)
def test_detect_language_goes_by_script_and_function_words(question, language):
    assert detect_language(question) == language


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Wer leitet die neue Schule?", AnswerKind.PERSON),
        ("Von wem stammt der Entwurf?", AnswerKind.PERSON),
        ("Welcher Trainer übernimmt den Verein?", AnswerKind.PERSON),
        ("Wo steht die Mühle?", AnswerKind.PLACE),
        ("In welcher Stadt tagt der Verband?", AnswerKind.PLACE),
        ("Wann schließt das Werk?", AnswerKind.TIME),
        ("An welchem Tag fährt die letzte Fähre?", AnswerKind.TIME),
        ("Um wie viel Uhr beginnt die Sitzung?", AnswerKind.TIME),
        ("Wie viele Bäume wurden gefällt?", AnswerKind.NUMBER),
        ("Mit wie vielen Stimmen wurde sie gewählt?", AnswerKind.NUMBER),
        ("Welchen Anteil zahlt der Kreis?", AnswerKind.NUMBER),
        ("Was kostet die Eintrittskarte?", AnswerKind.NUMBER),
        ("Wie bezeichnete der Bürgermeister den Plan?", AnswerKind.QUOTE),
        ("Warum wurde die Straße gesperrt?", AnswerKind.REASON),
        ("Aus welchem Grund fiel das Konzert aus?", AnswerKind.REASON),
        ("Hat der Rat zugestimmt?", AnswerKind.YESNO),
        ("Nennen Sie die drei Sieger.", AnswerKind.LIST),
        ("Was plant der Verein?", AnswerKind.OTHER),
        ("Welches Land vermittelte im Streit?", AnswerKind.OTHER),
        ("anzahl wahlberechtigte tannenau", AnswerKind.NUMBER),
        ("eröffnungstermin hallenbad tannenau", AnswerKind.TIME),
        ("tannenau stadtfest", AnswerKind.OTHER),
        ("Who runs the school?", AnswerKind.PERSON),
        ("In which city does the board meet?", AnswerKind.PLACE),
        ("How much does a ticket cost?", AnswerKind.NUMBER),
        ("Кто руководит школой?", AnswerKind.PERSON),
        ("Сколько деревьев срубили?", AnswerKind.NUMBER),
        ("Де стоїть млин?", AnswerKind.PLACE),
        ("Коли закриють завод?", AnswerKind.TIME),
        ("", AnswerKind.OTHER),
    ],
)
def test_expected_kind_follows_question_words_and_nouns(question, kind):
    assert expected_kind(question) is kind


def test_expected_kind_takes_the_first_question_word_not_a_relative_one():
    assert expected_kind("Wie viele Leute wohnen dort, wo die Mühle steht?") is AnswerKind.NUMBER


@pytest.mark.parametrize(
    ("question", "unit"),
    [
        ("Wie teuer wird der Umbau?", "money"),
        ("Wie viel Prozent stimmten zu?", "percent"),
        ("Wie lange dauert die Sperrung?", "duration"),
        ("Wie viele Jahre arbeitete sie dort?", "duration"),
        ("Wie weit ist es bis zum See?", "distance"),
        ("Wie alt ist die Siegerin?", "age"),
        ("Wie viele Besucher kamen?", "count"),
        ("Wie viele Leute bekommen Geld zurück?", "count"),
        ("Wie schwer war der Kürbis?", "weight"),
        ("Welche Fläche hat der Park?", "area"),
        ("Um wie viel steigt die Miete?", None),
        ("Wer leitet die Schule?", None),
    ],
)
def test_expected_unit_names_the_class_of_the_number_asked_for(question, unit):
    assert expected_unit(question) == unit
