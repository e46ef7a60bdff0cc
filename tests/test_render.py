import json
import unicodedata

import pytest
from helpers import make_article, one_passage

from index.types import Article, Hit
from qa import render
from qa.types import Answer, Citation, Claim

POOL = make_article(
    "Das Bad öffnet am 2. Mai. Es hat 25 Bahnen.",
    title="Neues Bad",
    publisher="Taltal-Bote",
    date="2025-04-30",
    url="https://bote.example/bad",
    name="bad.txt",
)


def citations(article: Article = POOL) -> tuple[Citation, ...]:
    return tuple(
        Citation(marker, sentence, article, 0.5, (15, 24) if marker == 1 else None)
        for marker, sentence in enumerate(one_passage(article).sentences, start=1)
    )


def hit(article: Article = POOL, *, rank: int = 1) -> Hit:
    passage = one_passage(article)
    return Hit(passage, article, rank, 0.912345, 0.9, 3.5, tuple(0.9 for _ in passage.sentences))


def answer(article: Article = POOL, *, abstained: bool = False, language: str = "de", **changes: object) -> Answer:
    fields: dict[str, object] = {
        "question": "Wann öffnet das Bad?",
        "language": language,
        "text": render.refusal("Wo war das?", [hit(article)], language)
        if abstained
        else render.answer_text(citations(article)),
        "short_answer": None if abstained else "am 2. Mai",
        "abstained": abstained,
        "confidence": 0.123456,
        "citations": () if abstained else citations(article),
        "passages": (hit(article),),
        "conflict": None,
        "seconds": 0.0123456,
    }
    return Answer(**{**fields, **changes})  # type: ignore[arg-type]


def test_answer_text_puts_each_marker_behind_its_sentence():
    assert render.answer_text(citations()) == "Das Bad öffnet am 2. Mai. [1] Es hat 25 Bahnen. [2]"


@pytest.mark.parametrize(
    ("language", "statement"),
    [
        ("de", "Die Artikel beantworten diese Frage nicht. Gesucht wurde nach {}. Am nächsten kommen: {}"),
        ("en", "The articles do not answer this question. Looked for: {}. The nearest articles: {}"),
        ("ru", "В статьях нет ответа на этот вопрос. Искали: {}. Ближе всего по теме: {}"),
        ("uk", "У статтях немає відповіді на це запитання. Шукали: {}. Найближчі за темою: {}"),
    ],
)
def test_refusal_tells_what_was_looked_for_and_names_each_near_article_once(language, statement):
    moor = make_article("Das Moor ist nass.", title="Moor")
    refusal = render.refusal("Wo ist das neue Bad von Haldern?", [hit(), hit(rank=2), hit(moor, rank=3)], language)
    assert refusal == statement.format("„neue Bad“, „Haldern“", "„Neues Bad“, „Moor“")


def test_refusal_turns_the_quotation_marks_of_a_title_into_inner_ones():
    moor = make_article("Es ist nass.", title="„Nasses“ Moor")
    assert render.refusal("Wo?", [hit(moor)], "de").endswith("Am nächsten kommen: „‚Nasses‘ Moor“")


def test_refusal_without_any_hit_is_the_statement_alone():
    assert render.refusal("Wo?", [], "de") == "Die Artikel beantworten diese Frage nicht."


def test_terminal_shows_answer_short_answer_confidence_and_sources():
    assert render.terminal(answer()) == (
        "Das Bad öffnet am 2. Mai. [1] Es hat 25 Bahnen. [2]\n"
        "\n"
        "Kurz: am 2. Mai\n"
        "Sicherheit: 12\N{NO-BREAK SPACE}%\n"
        "\n"
        "Belege:\n"
        "[1] Neues Bad – Taltal-Bote, 30.4.2025\n"
        "    bad.txt, 0–25\n"
        "[2] Neues Bad – Taltal-Bote, 30.4.2025\n"
        "    bad.txt, 26–43"
    )


def test_terminal_speaks_the_questions_language_and_wraps_long_answers():
    shown = render.terminal(answer(language="uk", abstained=True, text="слово " * 60))
    assert max(len(line) for line in shown.splitlines()) <= 100
    assert shown.splitlines()[-1].startswith("Впевненість: 12")


def test_terminal_asks_whether_a_misspelt_question_was_meant_otherwise():
    refused = answer(abstained=True, citations=(), text="Die Artikel beantworten diese Frage nicht.", short_answer=None)
    assert render.terminal(refused, corrected="Wann öffnet das \x1b[2JBad?").splitlines() == [
        "Die Artikel beantworten diese Frage nicht.",
        "",
        "Meinten Sie: Wann öffnet das \\x1b[2JBad?",
        "",
        "Sicherheit: 12\N{NO-BREAK SPACE}%",
    ]


def test_terminal_escapes_control_characters_from_articles_and_names():
    hostile = Article(
        id="a",
        text="Das \x1b]0;Titel\x07 Bad \x9b31m öffnet\x08.",
        title="\x1b[2J\u202eBad\nzwei",
        publisher="B\x1bote",
        date=None,
        name="a\x1b[31m\n.txt",
    )
    shown = render.terminal(answer(hostile, short_answer="\x1b[31mrot", text="Das \x1b[2J Bad."))
    assert [c for c in shown if unicodedata.category(c) in ("Cc", "Cf") and c != "\n"] == []
    assert "[1] \\x1b[2J\\u202eBad zwei – B\\x1bote" in shown.splitlines()
    assert "    a\\x1b[31m\\n.txt, 0–32" in shown.splitlines()


def test_answer_object_has_exactly_the_promised_fields():
    shown = render.answer_object(answer(), "q1")
    assert shown == {
        "id": "q1",
        "question": "Wann öffnet das Bad?",
        "answer": "Das Bad öffnet am 2. Mai. [1] Es hat 25 Bahnen. [2]",
        "short_answer": "am 2. Mai",
        "abstained": False,
        "confidence": 0.1235,
        "citations": [
            {
                "marker": marker,
                "article": "bad.txt",
                "article_id": POOL.id,
                "title": "Neues Bad",
                "publisher": "Taltal-Bote",
                "date": "2025-04-30",
                "url": "https://bote.example/bad",
                "start": start,
                "end": end,
                "sentence": POOL.text[start:end],
                "score": 0.5,
                "context": None,
                "copies": [],
            }
            for marker, start, end in ((1, 0, 25), (2, 26, 43))
        ],
        "passages": [{"article": "bad.txt", "article_id": POOL.id, "start": 0, "end": 43, "score": 0.9123}],
        "conflict": None,
        "seconds": 0.0123,
    }
    assert json.loads(json.dumps(shown)) == shown


def test_answer_object_of_an_abstention_cites_nothing_and_still_gives_the_passages():
    shown = render.answer_object(answer(abstained=True), "q1")
    assert shown["abstained"] is True
    assert shown["short_answer"] is None
    assert shown["citations"] == []
    assert len(shown["passages"]) == 1


def test_answer_object_names_the_claims_of_a_conflict():
    claims = (Claim("40 Tote", "Armee", "2025-01-02", (1,)), Claim("60 Tote", None, None, (2,)))
    assert render.answer_object(answer(conflict=claims), "q1")["conflict"] == {
        "claims": [
            {"claim": "40 Tote", "who": "Armee", "when": "2025-01-02", "markers": [1]},
            {"claim": "60 Tote", "who": None, "when": None, "markers": [2]},
        ]
    }


@pytest.mark.parametrize(
    ("fields", "language", "shown"),
    [
        ({"publisher": "Bote", "date": "2025-04-03"}, "de", "Bote, 3.4.2025"),
        ({"publisher": "Bote", "date": "2025-04-03"}, "en", "Bote, 3 Apr 2025"),
        ({"publisher": "Bote"}, "de", "Bote"),
        ({"date": "2025-04-03"}, "ru", "3.4.2025"),
        ({}, "de", "a.txt"),
    ],
)
def test_attribution_tells_what_is_known_or_else_the_file_name(fields, language, shown):
    assert render.attribution(Article(id="a", text="A.", name="a.txt", **fields), language) == shown


@pytest.mark.parametrize(
    ("confidence", "word"), [(0.0, "gering"), (0.49, "gering"), (0.5, "mittel"), (0.7, "hoch"), (1.0, "hoch")]
)
def test_confidence_in_words_has_three_levels(confidence, word):
    assert render.confidence_in_words(confidence, "de") == word


def test_numbers_are_written_as_the_language_has_them():
    assert (render.decimal(0.125, 2, "de"), render.decimal(3.14159, 2, "en")) == ("0,12", "3.14")
    assert (render.percent(0.123, "de"), render.percent(0.123, "en")) == ("12\N{NO-BREAK SPACE}%", "12%")
