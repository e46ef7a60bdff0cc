import pytest

from qa.context import leans_on_previous


@pytest.mark.parametrize(
    "sentence",
    [
        "Er habe davon nichts gewusst.",
        "„Sie hat uns alle überrascht“, sagte der Trainer.",
        "Das sagte die Ministerin erst am Montag.",
        "Der 54-Jährige kam ins Krankenhaus.",
        "„Wir machen weiter“, sagte er.",
        "Dort leben 900 Menschen.",
        "Seine Frau blieb unverletzt.",
    ],
)
def test_leans_on_previous_for_pronouns_and_roles(sentence):
    assert leans_on_previous(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Das Bad öffnet am Montag.",
        "Erwin Huber kam aus Linz.",
        "Es gab keine Verletzten.",
        "Der Bürgermeister Karl Weber trat zurück.",
        "Die 38 Meter lange Brücke ist gesperrt.",
        "Siena gewann das Rennen.",
    ],
)
def test_leans_on_previous_leaves_sentences_that_stand_alone(sentence):
    assert not leans_on_previous(sentence)
