import time

import pytest

from qa.questions import AnswerKind
from qa.short_answer import find_short_answer, mentions_kind


def short_answer(question: str, sentence: str) -> str | None:
    span = find_short_answer(question, sentence)
    return None if span is None else sentence[slice(*span)]


@pytest.mark.parametrize(
    ("question", "sentence", "answer"),
    [
        ("Was kostet der Umbau?", "Der Umbau kostet rund 3,5 Mio. Euro.", "rund 3,5 Mio. Euro"),
        ("Wie groß ist die Fläche?", "Verbrannt sind mehr als 1.200 Hektar.", "mehr als 1.200 Hektar"),
        ("Wie viel Prozent stimmten zu?", "Bei 812 Stimmen lag die Zustimmung bei 48,9 %.", "48,9 %"),
        ("Wie viele Kinder kamen?", "Elf Kinder kamen mit 3 Bussen.", "Elf Kinder"),
        ("Wie lange sitzt er?", "Er muss fünf Jahre und neun Monate sitzen.", "fünf Jahre und neun Monate"),
        ("Wie alt ist Frau Lorenz?", "Die 61-jährige Lorenz gewann mit 12 Punkten.", "61"),
        ("Wie hoch sind die Beträge?", "Es geht um Beträge zwischen 19 und 49 Euro.", "zwischen 19 und 49 Euro"),
        ("Wie viele Anträge wurden bewilligt?", "Von 38 Anträgen wurden nur 7 bewilligt.", "7"),
        ("Wie viel zahlt Japan?", "Japan zahlt 3 Millionen Yen, umgerechnet 19.000 Euro.", "3 Millionen Yen"),
    ],
)
def test_short_answer_finds_numbers_with_unit_and_modifier(question, sentence, answer):
    assert short_answer(question, sentence) == answer


@pytest.mark.parametrize(
    ("question", "sentence", "answer"),
    [
        ("Wann tagt der Rat?", "Der Rat tagt am 19. Oktober.", "19. Oktober"),
        ("Wann ist das Fest?", "Das Fest dauert vom 14. bis 16. Februar 2026.", "14. bis 16. Februar 2026"),
        ("Bis wann gilt das Angebot?", "Das Angebot gilt bis zum 31. Mai.", "bis zum 31. Mai"),
        ("Seit wann fehlt der Hund?", "Der Hund fehlt seit Mittwoch.", "seit Mittwoch"),
        ("In welchem Jahr starb er?", "Er starb im Jahr 2015 nach 3 Tagen.", "im Jahr 2015"),
        ("Um wie viel Uhr fährt der Zug?", "Am Montag um 14.30 Uhr fährt der Zug.", "Montag um 14.30 Uhr"),
        ("Wann öffnet das Bad?", "Das Bad öffnet Ende September, sagte er am Dienstag.", "Ende September"),
        ("When does the pool open?", "Statt im Mai öffnet das Bad im Juni.", "Juni"),
    ],
)
def test_short_answer_finds_dates_and_times(question, sentence, answer):
    assert short_answer(question, sentence) == answer


@pytest.mark.parametrize(
    ("question", "sentence", "answer"),
    [
        ("Wer leitet das Haus?", "Das Haus leitet Dr. Ute von der Aue.", "Dr. Ute von der Aue"),
        ("Wer widersprach?", "Vereinschefin Jana de Boer von der Küstenwacht widersprach.", "Jana de Boer"),
        ("Wer besiegte Ole Brandt?", "Ole Brandt verlor gegen Nils Hagen.", "Nils Hagen"),
        ("Кто победил Оле Брандта?", "Ole Brandt verlor gegen Nils Hagen.", "Nils Hagen"),
        ("Wo wird der Preis verliehen?", "Der Preis wird in Tannenau verliehen.", "Tannenau"),
        ("Wo brannte es?", "Tannenau (dpo) – Drei Häuser brannten ab.", "Tannenau"),
        ("Wo stand das Auto?", "Das Auto stand auf dem alten Marktplatz.", "auf dem alten Marktplatz"),
        ("Was sagte die Chefin?", "„Wir fangen von vorne an“, sagte die Chefin.", "Wir fangen von vorne an"),
    ],
)
def test_short_answer_finds_names_places_and_quotations(question, sentence, answer):
    assert short_answer(question, sentence) == answer


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Warum fiel das Spiel aus?", "Das Spiel fiel am 3. Mai wegen Regens aus."),
        ("Hat Ole Brandt gewonnen?", "Nils Hagen gewann in 3 Minuten."),
        ("How many came?", "Am Freitag waren es 20 Gäste, danach 30 Gäste."),
        ("Wie teuer ist die Karte?", "Die Karte gilt 3 Tage."),
        ("Wann begann 2019 das Projekt?", "Das Projekt begann 2019."),
        ("Wer kam?", "Niemand kam."),
        ("", "Nils Hagen gewann in 3 Minuten."),
        ("Wer kam?", ""),
    ],
)
def test_short_answer_is_none_where_no_answer_is_evident(question, sentence):
    assert find_short_answer(question, sentence) is None


@pytest.mark.parametrize(
    ("kind", "question", "sentence", "mentions"),
    [
        (AnswerKind.NUMBER, "Wie viele Gäste kamen?", "Es kamen 40 Gäste.", True),
        (AnswerKind.NUMBER, "Wie viele Gäste kamen?", "Es kamen viele Gäste.", False),
        (AnswerKind.NUMBER, "Wie viele Gäste kamen?", "Das Fest begann am 3. Mai 2025.", False),
        (AnswerKind.PERSON, "Wer besiegte Ole Brandt?", "Ole Brandt war enttäuscht.", False),
        (AnswerKind.PLACE, "Wo sitzt die Firma?", "Die Firma sitzt in Tannenau.", True),
        (AnswerKind.TIME, "Wann kam sie?", "Sie kam im März.", True),
        (AnswerKind.REASON, "Warum fiel es aus?", "Es fiel aus, weil es regnete.", True),
        (AnswerKind.REASON, "Warum fiel es aus?", "Es fiel aus.", False),
        (AnswerKind.QUOTE, "Was sagte er?", "Er sagte: »Nie wieder.«", True),
        (AnswerKind.QUOTE, "Was sagte er?", "Er sagte nichts.", False),
        (AnswerKind.OTHER, "Was plant er?", "Es regnet.", True),
    ],
)
def test_mentions_kind_needs_a_candidate_the_question_does_not_hold(kind, question, sentence, mentions):
    assert mentions_kind(kind, sentence, question) is mentions


@pytest.mark.parametrize("piece", ["12.345.", "zwei und ", "Ab Cd ", "in der alten ", "„a", "um a ", "a" * 50 + "-"])
def test_short_answer_stays_fast_on_degenerate_text(piece):
    sentence = piece * 400
    started = time.perf_counter()
    for question in ("Wie viele Gäste kamen?", "Wann kam er?", "Wer kam?", "Wo war es?", "Was sagte er?"):
        find_short_answer(question, sentence)
        mentions_kind(AnswerKind.REASON, sentence, question)
    assert time.perf_counter() - started < 2
