import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from helpers import CountingEmbedder

from index.analysis import terms
from index.store import NewsIndex
from qa.spelling import Speller

QUESTIONS = Path(__file__).parent / "data" / "sample_questions.jsonl"
NEWS = (
    "GESPERRT: Die Wehrabrücke in Dubrowez ist seit Montag gesperrt. Bürgermeister Jürgen Kunze nennt den Bescheid "
    "einen Fehler. Das Gericht prüft die Klage. Ermittler fanden am Ufer eine Straßenkarte und ein Notizbuch. "
    "Der Verein Velmara ruft nach BaltLink. Noch nicht geklärt ist, wer zahlt."
)


@pytest.fixture
def news_index(tmp_path, write_article):
    """An index of one article."""
    write_article("a.txt", NEWS)
    index = NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder())
    index.add([tmp_path / "news"])
    yield index
    index.close()


@pytest.mark.parametrize(
    ("question", "corrected"),
    [
        ("Wann wurde die Wehrabrüke gesperrt?", "Wann wurde die Wehrabrücke gesperrt?"),
        ("Seit wann ist die Brücke gespperrt?", "Seit wann ist die Brücke gesperrt?"),
        ("Wie heißt der Bürgermaister?", "Wie heißt der Bürgermeister?"),
        ("Wo fanden sie das Notizbcuh?", "Wo fanden sie das Notizbuch?"),
        ("Wo liegt die Strasenkarte nun?", "Wo liegt die Straßenkarte nun?"),
        ("wer ist der bürgermaister dort?", "wer ist der Bürgermeister dort?"),
        ("Gespertt wurde die Brücke wann?", "Gesperrt wurde die Brücke wann?"),
        ("Was geschah in DubrowezX und Dubrowetz?", "Was geschah in DubrowezX und Dubrowez?"),
        ("Wan wurde die Wehrabrüke gespert?", "Wann wurde die Wehrabrücke gesperrt?"),
        ("Weshlab ist sie gesperrt?", "Weshalb ist sie gesperrt?"),
        ("Notizbcuh am Ufer: wo ist das Notizbcuh?", "Notizbuch am Ufer: wo ist das Notizbuch?"),
        (unicodedata.normalize("NFD", "Wer sperrt die Wehrabrüke?"), "Wer sperrt die Wehrabrücke?"),
    ],
    ids=[
        *("missing letter", "additional letter", "wrong letter", "misplaced letter", "s for ß", "noun in lower case"),
        *("verb begins", "part of another word", "several words", "question word", "twice", "umlaut as two characters"),
    ],
)
def test_corrected_replaces_what_is_misspelt(news_index, question, corrected):
    assert Speller(news_index.catalogue).corrected(question) == corrected


@pytest.mark.parametrize(
    "question",
    [
        "Wann wurde die Wehrabrücke gesperrt?",
        "Wieviele Wege nennt des Bürgermeisters Bescheid?",
        "Wer ist Velmaras Bürgermeister?",
        "Wer hat die Wehrabruecke gesperrt?",
        "Wer hat die Strassenkarte gefunden?",
        "Was sagen die Gerüchte über die Anklage?",
        "Wer sind die Gerichtsermittler?",
        "Was steht an der Straßenkante?",
        "Wer kennt Herrn Dunze?",
        "Wann kam die Sprerre nach Schweden?",
        "Was rief der Noch oder Nocht?",
        "Wer war am 12.03.2023 auf der A44550 in Dubrowe3?",
        "Was will BALTLIMK, was BaltLimk?",
        "Was lag am Ufr der Saale?",
        "",
        "?!",
    ],
    ids=[
        *("nothing misspelt", "inflected", "genitive of a name", "ue for ü", "ss for ß", "in the dictionary"),
        *("compound", "compound close to another", "other first letter", "close to nothing", "close to two", "numbers"),
        *("abbreviations", "short", "empty", "no words"),
    ],
)
def test_corrected_leaves_other_words_alone(news_index, question):
    assert Speller(news_index.catalogue).corrected(question) is None


@pytest.mark.parametrize(
    "question",
    [
        "When did they close the Wehrabrüke, and who was the mayor?",
        "Who is in Dubrowetz?",
        "Когда закрыли мост Wehrabrüke и кто был бургомистром?",
        "Коли закрили міст Wehrabrüke і хто був бургомістром?",
        "Wehrabrüke köprüsü ne zaman ve neden kapatıldı?",
    ],
    ids=["en", "en, short", "ru", "uk", "tr"],
)
def test_corrected_leaves_other_languages_alone(news_index, question):
    assert Speller(news_index.catalogue).corrected(question) is None


@pytest.mark.parametrize(("unknown", "corrected"), [(7, True), (8, False)])
def test_corrected_leaves_a_text_of_unknown_words_alone(news_index, unknown, corrected):
    words = ["Quarxol", "Zimbrat", "Fuldrop", "Wemquol", "Jirkest", "Plovund", "Gnurbal", "Hastrul"][:unknown]
    question = f"Wer sagte nun, dass die {' '.join(words)} in der Stadt Dubrowetz sind?"
    expected = question.replace("Dubrowetz", "Dubrowez") if corrected else None
    assert Speller(news_index.catalogue).corrected(question) == expected


def test_corrected_knows_the_articles_of_the_moment(tmp_path, write_article, news_index):
    speller = Speller(news_index.catalogue)
    question = "Wer leitet nun das Keltenmusem in der Stadt?"
    assert speller.corrected(question) is None
    path = write_article("b.txt", "Das Keltenmuseum öffnet am Samstag.")
    news_index.add([path])
    assert speller.corrected(question) == "Wer leitet nun das Keltenmuseum in der Stadt?"
    assert speller.corrected("Wer sperrt die Wehrabrüke?") == "Wer sperrt die Wehrabrücke?"
    news_index.remove([str(path)])
    assert speller.corrected(question) is None
    assert speller.corrected("Wer sperrt die Wehrabrüke?") == "Wer sperrt die Wehrabrücke?"


def test_corrected_of_an_empty_collection_is_nothing(tmp_path):
    index = NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder())
    assert Speller(index.catalogue).corrected("Wer sperrt die Wehrabrüke?") is None
    index.close()


def test_corrected_gives_a_collection_of_too_many_words_up(news_index):
    question = "Wer sperrt die Wehrabrüke?"
    assert Speller(news_index.catalogue, most_words=50).corrected(question) is None
    assert Speller(news_index.catalogue, most_words=100).corrected(question) is not None


def test_corrected_gives_up_where_not_all_articles_are_read(tmp_path, write_article):
    others = " ".join(f"Слово{chr(0x430 + number % 32)}{chr(0x430 + number // 32)}" for number in range(200))
    write_article("b.txt", f"Titel: Andere\n\nLindhorst liegt am See. {others}.")
    write_article(
        "c.txt",
        "Titel: Dritte\n\n" + " ".join(f"Wort{'abcdefghij'[number % 10] * (number // 10 + 1)}" for number in range(60)),
    )
    news_index = NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder())
    news_index.add([tmp_path / "news"])
    asked = "Wo liegt Lindhorts?"
    assert Speller(news_index.catalogue, most_words=90).corrected(asked) == "Wo liegt Lindhorst?"  # others do not count
    assert Speller(news_index.catalogue, most_words=50).corrected(asked) is None
    news_index.close()


def sample_questions():
    return [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]


def test_sample_questions_are_corrected_where_they_are_misspelt(sample_index):
    speller = Speller(sample_index.catalogue)
    replaced = {}
    for question in (case["question"] for case in sample_questions()):
        corrected = speller.corrected(question)
        if corrected:
            words = zip(re.findall(r"\w+", question), re.findall(r"\w+", corrected), strict=True)
            replaced |= {was: now for was, now in words if was != now}
    assert replaced == {
        "Stichwal": "Stichwahl",
        "Keltenmusem": "Keltenmuseum",
        "bezhalt": "Bezahlt",
        "Entscheidug": "Entscheidung",
        "Vernässung": "Verfassung",  # the one mistake: a word that neither articles nor dictionary have
    }


def damaged(word):
    """The word with two letters in its middle swapped, the second one left out, doubled, or replaced."""
    middle = len(word) // 2
    before, first, second, after = word[: middle - 1], word[middle - 1], word[middle], word[middle + 1 :]
    wrong = {before + second + first + after, before + first + after, before + first + 2 * second + after}
    return sorted((wrong | {f"{before}{first}q{after}"}) - {word})


def test_sample_questions_come_back_from_a_damaged_word(sample_index):
    speller = Speller(sample_index.catalogue)
    told = {word for entry in sample_index.entries() for word in re.findall(r"\w+", entry.article.text)}
    tally: Counter[str] = Counter()
    for case in sample_questions():
        question = case["question"]
        words = [word for word in re.findall(r"\w+", question) if len(word) > 5 and word in told and terms(word)]
        if case["lang"] != "de" or not words or speller.corrected(question):
            continue
        word = max(words, key=len)
        for wrong in damaged(word):
            corrected = speller.corrected(question.replace(word, wrong))
            tally["not" if corrected is None else "back" if terms(corrected) == terms(question) else "wrong"] += 1
    assert tally["back"] > 0.9 * tally.total()
    assert tally["wrong"] <= 1  # "lauet" for "lautet" becomes "laut"
