import json
import re
from datetime import date
from pathlib import Path

import pytest
from helpers import CountingEmbedder

from index.errors import IndexMissing, QuestionInvalid
from index.store import NewsIndex, Scope
from qa import render
from qa.answers import Assistant
from qa.settings import Refusal, Settings
from qa.types import Answer

QUESTIONS = Path(__file__).parent / "data" / "sample_questions.jsonl"
TAP_WATER = "2024-07-19-keime-im-trinkwasser.txt"
VIDEO_CALL = "2025-11-05-falsche-chefin-in-der-videokonferenz.txt"
ADVANCE = "2025-03-11-tarvonien-meldet-einnahme-von-dubrowez.txt"

# What the sample questions showed when this was written, less five points; about a change for the worse, not a target.
LEAST_RETRIEVED = 0.94  # of the answerable questions, those with a gold sentence in the ten passages
LEAST_FIRST_RIGHT = 0.32  # ... whose first citation is a gold sentence
LEAST_REFUSED = 0.14  # of the questions that the articles do not answer


@pytest.fixture(scope="module")
def assistant(sample_index):
    return Assistant(sample_index)


@pytest.fixture(scope="module")
def answered(assistant) -> list[tuple[dict, Answer]]:
    """Each sample question with its answer."""
    questions = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    return [(question, assistant.ask(question["question"])) for question in questions]


@pytest.fixture
def counting(tmp_path, write_article):
    """An assistant for two small articles, with counted words for vectors; it answers whatever it is asked."""
    write_article("bad.txt", "Das Bad öffnet im Mai. Es hat 25 Bahnen.", title="Bad", date="2025-05-01")
    write_article("moor.txt", "Das Moor ist nass.", title="Moor", date="2024-02-01")
    news_index = NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder())
    news_index.add([tmp_path / "news"])
    yield Assistant(news_index, settings=Settings(threshold=0.0))
    news_index.close()


def test_ask_cites_sentences_that_stand_in_their_articles_character_for_character(answered, sample_index):
    stored = {entry.article.id: entry.article.text for entry in sample_index.entries()}
    cited = [citation for _, answer in answered for citation in answer.citations]
    astray = [
        citation
        for citation in cited
        if stored[citation.article.id][citation.sentence.start : citation.sentence.end] != citation.sentence.text
        or citation.sentence.article_id != citation.article.id
        or not citation.sentence.text.strip()
    ]
    assert astray == []
    assert len(cited) > 200


def test_ask_either_cites_or_abstains(assistant, answered):
    odd = [question["id"] for question, answer in answered if answer.abstained == bool(answer.citations)]
    assert odd == []
    unlike = [q["id"] for q, a in answered if a.abstained != (a.confidence < assistant.threshold)]
    assert unlike == []


def test_ask_numbers_citations_from_one_in_the_order_of_their_scores(answered):
    for _, answer in answered:
        assert [citation.marker for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
        scores = [citation.score for citation in answer.citations]
        assert scores == sorted(scores, reverse=True)
        assert len(answer.citations) <= Settings().longest_answer
        assert len({citation.sentence.text for citation in answer.citations}) == len(answer.citations)


def test_ask_shows_each_citation_with_its_marker_and_nothing_else(answered):
    for _, answer in answered:
        if not answer.abstained:
            shown = [f"{' '.join(c.sentence.text.split())} [{c.marker}]" for c in answer.citations]
            assert answer.text == " ".join(shown)


def test_ask_gives_ten_passages_best_first(answered, sample_index):
    stored = {entry.article.id: entry.article.text for entry in sample_index.entries()}
    for _, answer in answered:
        assert [hit.rank for hit in answer.passages] == list(range(1, 11))
        scores = [hit.score for hit in answer.passages]
        assert scores == sorted(scores, reverse=True)
        for hit in answer.passages:
            assert all(s.text == stored[s.article_id][s.start : s.end] for s in hit.passage.sentences)


def test_ask_takes_the_short_answer_from_the_first_citation(answered):
    with_short = [answer for _, answer in answered if answer.short_answer is not None]
    for answer in with_short:
        start, end = answer.citations[0].short_answer
        assert answer.citations[0].sentence.text[start:end] == answer.short_answer
        assert answer.short_answer.strip() == answer.short_answer != ""
    assert [a for _, a in answered if any(c.short_answer for c in a.citations[1:])] == []
    assert len(with_short) > 50


def test_ask_retrieves_and_cites_about_as_well_as_it_was_measured(answered):
    answerable = [(question, answer) for question, answer in answered if question["answerable"]]
    others = [answer for question, answer in answered if not question["answerable"]]
    retrieved = first_right = 0
    for question, answer in answerable:
        gold = {(item["article"], item["sentence"]) for item in question["gold"]}
        retrieved += any(
            (hit.article.name, sentence.text) in gold for hit in answer.passages for sentence in hit.passage.sentences
        )
        first_right += any((c.article.name, c.sentence.text) in gold for c in answer.citations[:1])
    assert (len(answerable), len(others)) == (223, 104)
    assert retrieved / len(answerable) >= LEAST_RETRIEVED
    assert first_right / len(answerable) >= LEAST_FIRST_RIGHT
    assert sum(answer.abstained for answer in others) / len(others) >= LEAST_REFUSED


@pytest.mark.parametrize(
    ("question", "language", "statement"),
    [
        ("Wie backe ich einen Apfelkuchen ohne Eier?", "de", "Die Artikel beantworten diese Frage nicht."),
        ("Wie viele Saiten hat eine Geige?", "de", "Die Artikel beantworten diese Frage nicht."),
        ("Wann fand die Schlacht bei Hastings statt?", "de", "Die Artikel beantworten diese Frage nicht."),
        ("Wie hoch ist der Mount Everest?", "de", "Die Artikel beantworten diese Frage nicht."),
        ("Wie wechselt man die Zündkerzen eines Mähers?", "de", "Die Artikel beantworten diese Frage nicht."),
        ("Was ist die Ableitung von Sinus?", "de", "Die Artikel beantworten diese Frage nicht."),
        ("How do I change a bicycle tyre?", "en", "The articles do not answer this question."),
        ("Who painted the ceiling of the Sistine Chapel?", "en", "The articles do not answer this question."),
        ("Сколько планет в Солнечной системе?", "ru", "В статьях нет ответа на этот вопрос."),
        ("Хто написав «Кобзар»?", "uk", "У статтях немає відповіді на це запитання."),
    ],
)
def test_ask_refuses_what_the_articles_do_not_tell_in_the_questions_language(assistant, question, language, statement):
    answer = assistant.ask(question)
    assert (answer.abstained, answer.language, answer.citations, answer.short_answer) == (True, language, (), None)
    assert answer.text.startswith(f"{statement} ")
    assert len(answer.passages) == 10


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("How long must tap water be boiled in Bad Sülzenau?", TAP_WATER),
        ("Сколько минут нужно кипятить воду в Бад-Зюльценау?", TAP_WATER),
        ("Сколько жителей Бад-Зюльценау должны кипятить воду?", TAP_WATER),
        ("Скільки хвилин треба кип'ятити воду в Бад-Зюльценау?", TAP_WATER),
        ("How much money did the fraudsters take from Hellweg & Söhne?", VIDEO_CALL),
        ("На какую сумму мошенники обманули фирму Hellweg & Söhne?", VIDEO_CALL),
        ("На яку суму шахраї обдурили фірму Hellweg & Söhne?", VIDEO_CALL),
        ("When did the attack on Dubrowez begin?", ADVANCE),
        ("Когда началось наступление на Дубровец?", ADVANCE),
        ("Коли почався наступ на Дубровець?", ADVANCE),
    ],
)
def test_ask_answers_questions_in_other_languages_from_the_right_article(assistant, question, article):
    answer = assistant.ask(question)
    assert answer.citations[0].article.name == article
    assert answer.language != "de"


@pytest.mark.parametrize(
    ("scope", "holds"),
    [
        (Scope(articles=(TAP_WATER,)), lambda article: article.name == TAP_WATER),
        (Scope(since="2026-01-01"), lambda article: article.date >= "2026-01-01"),
        (Scope(until="2024-12-12"), lambda article: article.date <= "2024-12-12"),
        (
            Scope(since="2025-03-11", until="2025-03-12"),
            lambda article: article.date in ("2025-03-11", "2025-03-12"),
        ),
    ],
)
def test_ask_looks_only_where_the_scope_allows(assistant, scope, holds):
    answer = assistant.ask("Wann hat der Angriff auf Dubrowez begonnen?", scope=scope)
    found = [hit.article for hit in answer.passages] + [citation.article for citation in answer.citations]
    assert found
    assert all(holds(article) for article in found)


@pytest.mark.parametrize("scope", [Scope(since="2031-01-01"), Scope(articles=("fehlt.txt",))])
def test_ask_abstains_where_nothing_is_in_scope(assistant, scope):
    answer = assistant.ask("Wann hat der Angriff auf Dubrowez begonnen?", scope=scope)
    assert (answer.abstained, answer.confidence, answer.passages) == (True, 0.0, ())
    looked_for = "„Angriff“, „Dubrowez begonnen“"
    assert answer.text == f"Die Artikel beantworten diese Frage nicht. Gesucht wurde nach {looked_for}."


@pytest.mark.parametrize("question", ["", " ", "\n\t\u00a0", "???", "…!", "\u200b", "„“"])
def test_ask_refuses_an_empty_question(counting, question):
    with pytest.raises(QuestionInvalid) as error:
        counting.ask(question)
    assert str(error.value) == "the question is empty; ask one, such as: Wann beginnt die Messe?"


def test_ask_refuses_an_over_long_question_and_takes_the_longest_allowed(counting):
    with pytest.raises(QuestionInvalid) as error:
        counting.ask("Wo " * 667 + "?")
    assert str(error.value) == "the question has 2,002 characters, 2,000 are allowed; shorten it"
    assert len(counting.ask("x" * 2000).question) == 2000


def test_ask_tidies_the_space_in_a_question(counting):
    assert counting.ask("  Wann\n öffnet\u00a0das  Bad? ").question == "Wann öffnet das Bad?"


@pytest.mark.parametrize(
    "question",
    ["Bad\x00 wer?", "AND OR NOT NEAR(", '"wer* ^x: {a}', "😀 wo?", "'; DROP TABLE articles; --", "½", "١٢٣"],
)
def test_ask_bears_any_text(counting, question):
    answer = counting.ask(question)
    assert len(answer.passages) == 2
    json.dumps(render.answer_object(answer, "q1"), ensure_ascii=False).encode()


def test_ask_replaces_half_characters(assistant):
    answer = assistant.ask("Wann hat der Angriff auf Dubrowez begonnen? \ud83d")
    assert answer.question == "Wann hat der Angriff auf Dubrowez begonnen? ?"
    assert answer.citations[0].article.name == ADVANCE


def test_ask_an_index_without_articles_tells_how_to_add_some(tmp_path):
    folder = tmp_path / "index"
    with pytest.raises(IndexMissing) as error:
        Assistant(NewsIndex.open_or_create(folder, CountingEmbedder())).ask("Wann?")
    assert str(error.value) == (
        f"{folder} holds no articles; add some with: python -m index add --index {folder} PATH..."
    )


def test_ask_gives_all_passages_of_a_small_index(counting):
    assert {hit.article.name for hit in counting.ask("Wie viele Bahnen hat das Bad?").passages} == {
        "bad.txt",
        "moor.txt",
    }


def test_ask_gives_equal_answers_to_equal_questions(assistant):
    first, second = (render.answer_object(assistant.ask("Wer leitet das Gesundheitsamt?"), "q1") for _ in range(2))
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_retrieve_finds_as_many_passages_as_asked_for(assistant):
    hits = assistant.retrieve("Wann hat der Angriff auf Dubrowez begonnen?", top=25)
    assert [hit.rank for hit in hits] == list(range(1, 26))


FIELDS = {
    "id": str, "question": str, "answer": str, "short_answer": (str, type(None)), "abstained": bool,
    "confidence": float, "citations": list, "passages": list, "conflict": (dict, type(None)), "seconds": float,
}  # fmt: skip
# What the shipped reader must do with articles of this test; about a change for the worse, not a target.
NEWS = {
    "bahn": (
        "Die Bergbahn in Oberlinden ist nach einem Steinschlag außer Betrieb. Betriebsleiterin Hanna Kofler "
        "rechnet mit drei Wochen Stillstand. Sie hatte die Strecke erst im April prüfen lassen. Verletzt "
        "wurde niemand, acht Fahrgäste mussten jedoch zwei Stunden ausharren. Den Schaden schätzt die "
        "Gemeinde auf 240.000 Euro. Bürgermeister Jakob Reindl will das Land um Hilfe bitten, weil die "
        "Versicherung Steinschlag nicht deckt."
    ),
    "schule": (
        "In Tannau wird die alte Volksschule abgerissen. Der Gemeinderat stimmte mit elf gegen vier Stimmen "
        "dafür. Der Neubau soll 6,2 Millionen Euro kosten und im Herbst 2027 fertig sein. Die Direktorin "
        "Gerda Moll hatte sich für eine Sanierung eingesetzt. „Ein Haus mit dieser Geschichte reißt man nicht "
        "weg“, sagte sie. Bis zur Eröffnung werden die 180 Kinder in Containern unterrichtet."
    ),
}
ASKED = [
    ("Wie lange fährt die Seilbahn in Oberlinden voraussichtlich nicht?", "drei Wochen"),
    ("Wie hoch sind die Kosten des Steinschlags für Oberlinden?", "240.000 Euro"),
    ("Weshalb braucht Jakob Reindl Geld vom Land?", "Versicherung"),
    ("Wann soll die neue Schule in Tannau stehen?", "2027"),
    ("wieviele kinder containerschule tannau", "180"),
    ("Who wanted to renovate the old school in Tannau?", "Gerda Moll"),
    ("Сколько стоит новая школа в Таннау?", "6,2 Millionen"),
    ("Wie ging die Abstimmung im Gemeinderat von Tannau aus?", "elf gegen vier"),
]
NEAR_MISSES = [
    "Wie viele Kinder besuchten die Volksschule von Oberlinden?",
    "Wann wurde die Bergbahn in Oberlinden gebaut?",
    "Wie alt ist die Direktorin Gerda Moll?",
    "Wer leitet die Bergrettung von Tannau?",
]


@pytest.fixture(scope="module")
def reading(embedder, reader, tmp_path_factory):
    """An assistant with the shipped reader for two small articles."""
    folder = tmp_path_factory.mktemp("reading")
    (folder / "news").mkdir()
    for name, text in NEWS.items():
        (folder / "news" / f"{name}.txt").write_text(text, encoding="utf-8")
    news_index = NewsIndex.open_or_create(folder / "index", embedder)
    news_index.add([folder / "news"])
    yield Assistant(news_index, reader=reader)
    news_index.close()


def test_reader_finds_the_sentence_and_the_words_that_answer(reading):
    answers = [(question, words, reading.ask(question)) for question, words in ASKED]
    wrong = [
        question
        for question, words, answer in answers
        if answer.abstained or words not in answer.citations[0].sentence.text
    ]
    short = [question for question, words, answer in answers if words in (answer.short_answer or "")]
    assert len(wrong) <= 1
    assert len(short) >= 5


def test_reader_lets_near_misses_be_refused_more_readily_than_answers(reading):
    answered = sorted(reading.ask(question).confidence for question, _ in ASKED)
    missed = sorted(reading.ask(question).confidence for question in NEAR_MISSES)
    assert sum(confidence < answered[len(answered) // 2] for confidence in missed) >= 3


@pytest.mark.parametrize("question", [*(question for question, _ in ASKED), *NEAR_MISSES])
def test_stricter_refusal_never_answers_more(reading, question):
    answered = []
    for refusal in (Refusal.STRICT, Refusal.NORMAL, Refusal.GENEROUS):
        assistant = Assistant(reading.news_index, reader=reading.reader, settings=Settings(refusal=refusal))
        answered.append(bool(assistant.ask(question).citations))
    assert answered == sorted(answered)


def test_citation_brings_the_sentence_before_where_it_says_sie(reading):
    answer = reading.ask("Wann ließ die Betriebsleiterin der Bergbahn in Oberlinden die Strecke prüfen?")
    context = answer.citations[0].context
    assert answer.citations[0].sentence.text == "Sie hatte die Strecke erst im April prüfen lassen."
    assert context is not None
    assert context.text == "Betriebsleiterin Hanna Kofler rechnet mit drei Wochen Stillstand."


CITATION_FIELDS = {
    "marker": int, "article": str, "article_id": str, "title": str, "publisher": (str, type(None)),
    "date": (str, type(None)), "url": (str, type(None)), "start": int, "end": int, "sentence": str, "score": float,
    "context": (dict, type(None)), "copies": list,
}  # fmt: skip
PASSAGE_FIELDS = {"article": str, "article_id": str, "start": int, "end": int, "score": float}


def assert_fields(shown: dict, fields: dict) -> None:
    assert list(shown) == list(fields)
    assert [name for name, kind in fields.items() if not isinstance(shown[name], kind)] == []


def test_answer_objects_have_the_promised_fields_with_the_promised_types(answered):
    for question, answer in answered:
        shown = json.loads(json.dumps(render.answer_object(answer, question["id"]), allow_nan=False))
        assert_fields(shown, FIELDS)
        assert 0 <= shown["confidence"] <= 1
        assert shown["seconds"] > 0
        for citation in shown["citations"]:
            assert_fields(citation, CITATION_FIELDS)
            assert date.fromisoformat(citation["date"]).isoformat() == citation["date"]
            assert 0 <= citation["start"] < citation["end"]
        for passage in shown["passages"]:
            assert_fields(passage, PASSAGE_FIELDS)
        markers = [int(found) for found in re.findall(r"\[(\d)\](?= |$)", shown["answer"])]
        assert shown["abstained"] or markers == [citation["marker"] for citation in shown["citations"]]


def test_a_removed_or_changed_article_answers_no_more(tmp_path, write_article):
    path = write_article("bad.txt", "Das Bad in Ahlen hat 25 Bahnen. Es öffnet im Mai.", title="Bad in Ahlen")
    write_article("moor.txt", "Das Moor bei Tannau ist nass. Dort wächst Torf.", title="Moor")
    news_index = NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder())
    assistant = Assistant(news_index, settings=Settings(threshold=0.0))

    def cited(question: str) -> set[str]:
        answer = assistant.ask(question)
        assert all(c.article.text[c.sentence.start : c.sentence.end] == c.sentence.text for c in answer.citations)
        return {c.sentence.text for c in answer.citations}

    news_index.add([path.parent])
    assert "Das Bad in Ahlen hat 25 Bahnen." in cited("Wie viele Bahnen hat das Bad in Ahlen?")
    path.write_text("Titel: Bad in Ahlen\n\nDas Bad in Ahlen hat 30 Bahnen. Es öffnet im Mai.\n", encoding="utf-8")
    news_index.add([path.parent])
    said = cited("Wie viele Bahnen hat das Bad in Ahlen?")
    assert "Das Bad in Ahlen hat 30 Bahnen." in said
    assert "Das Bad in Ahlen hat 25 Bahnen." not in said
    news_index.remove(["bad.txt"])
    assert not any("Ahlen" in sentence for sentence in cited("Wie viele Bahnen hat das Bad in Ahlen?"))
    news_index.close()
