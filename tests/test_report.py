import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from helpers import impossible_here, make_article
from lxml import html as lxml_html

from index.errors import InputInvalid
from index.types import Article
from qa.question_files import Gold, Question
from qa.report import first_to_look_at, gold_rank, report
from qa.report_words import MEASURE_WORDS, OUTCOMES, REPORT, RUN_WORDS, SIGNS
from qa.results import MEASURES, Estimate, Evaluation, Outcome, Place, Scored

try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import expect, sync_playwright
except ImportError:
    sync_playwright = None

CHROMIUM = "/usr/bin/chromium"
BATH = "Der Rat tagte lange. Das Bad öffnet am 2. Mai. Es hat 25 Bahnen.\n\nDie Karten kosten 4 Euro."
OPENS, LANES, PRICE = "Das Bad öffnet am 2. Mai.", "Es hat 25 Bahnen.", "Die Karten kosten 4 Euro."
BOG = "Das Moor ist nass. Der Torf wächst einen Millimeter im Jahr."
GROWS = "Der Torf wächst einen Millimeter im Jahr."
ARTICLES = {
    "bad.txt": make_article(BATH, name="bad.txt", title="Das neue Bad", publisher="Kurier", date="2025-05-01"),
    "moor.txt": make_article(BOG, name="moor.txt", title="Moor", language="de"),
}
HOSTILE = [
    "<script>window.pwned=1</script>",
    '"><img src=x onerror="window.pwned=1">',
    "</style></script></mark></bdi><b onclick='window.pwned=1'>frei",
    "{{ 7 * 7 }} {% raw %} {} {0} {shown}",
    "&lt;b&gt; &amp; '",
    "\x00\x1b[31m\u202eumgekehrt\ud83d",
    "javascript:window.pwned=1",
]


def sentence(text: str, name: str = "bad.txt", *, chosen: bool = False, articles: Any = ARTICLES) -> dict[str, Any]:
    start = articles[name].text.index(text)
    place = {"article": name, "article_id": articles[name].id, "start": start, "end": start + len(text)}
    return {**place, "sentence": text, "score": 0.5, "chosen": chosen}


def whole(name: str) -> dict[str, Any]:
    article = ARTICLES[name]
    return {"article": name, "article_id": article.id, "start": 0, "end": len(article.text), "score": 0.8125}


def scored(
    number: str,
    outcome: Outcome,
    *,
    text: str = "Wann öffnet das Bad?",
    cited: tuple[dict[str, Any], ...] = (),
    ranked: tuple[dict[str, Any], ...] = (),
    gold: tuple[str, ...] = (OPENS,),
    found: bool = True,
    passages: tuple[str, ...] = ("bad.txt", "moor.txt"),
    confidence: float = 0.5,
    seconds: float = 0.25,
    kind: str | None = "when",
    said: str | None = None,
    answer: dict[str, Any] | None = None,
    **fields: Any,
) -> Scored:
    """A question about the bath whose gold sentences are in its article, with an answer that cites these sentences."""
    answerable = outcome not in (Outcome.REFUSED_RIGHTLY, Outcome.SHOULD_REFUSE)
    known = tuple(Gold("bad.txt", one) for one in gold) if answerable else ()
    places = [sentence(one.sentence) for one in known] if found else []
    citations = [{**one, "marker": marker, "title": "", "url": None} for marker, one in enumerate(cited, start=1)]
    told = " ".join(f"{one['sentence']} [{one['marker']}]" for one in citations)
    return Scored(
        question=replace(
            Question(
                number, text, answerable=answerable, answers=("2. Mai",) if answerable else (), gold=known, type=kind
            ),
            **fields,
        ),
        answer={
            "answer": said or told or "Die Artikel beantworten diese Frage nicht.",
            "short_answer": None,
            "abstained": not cited,
            "confidence": confidence,
            "citations": citations,
            "passages": [whole(name) for name in passages],
            "sentences": list(ranked or cited),
            "conflict": None,
            "seconds": seconds,
            **(answer or {}),
        },
        gold=tuple(Place("bad.txt", one["start"], one["end"], one["sentence"]) for one in places),
        outcome=outcome,
        values={},
        groups={"lang": "de", **({"type": kind} if kind else {}), "answerable": "yes" if answerable else "no"},
        right=outcome in (Outcome.RIGHT, Outcome.LATER),
    )


OPENING, LANE, COST, TURF = (
    sentence(text, name, chosen=True)
    for text, name in ((OPENS, "bad.txt"), (LANES, "bad.txt"), (PRICE, "bad.txt"), (GROWS, "moor.txt"))
)
RIGHT = scored("r1", Outcome.RIGHT, cited=(OPENING,), confidence=0.9, answer={"short_answer": "2. Mai"})
LATER = scored("l1", Outcome.LATER, cited=(LANE, OPENING), confidence=0.6, seconds=0.5)
WRONG = scored("w1", Outcome.WRONG, text="Was kostet das Bad?", cited=(TURF,), ranked=(TURF, OPENING), confidence=0.8)
REFUSED = scored("a1", Outcome.REFUSED, ranked=(OPENING, LANE), confidence=0.2)
MISSED = scored("m1", Outcome.REFUSED, ranked=(TURF,), passages=("moor.txt",), confidence=0.1)
NOT_INDEXED = scored("n1", Outcome.REFUSED, ranked=(TURF,), found=False, confidence=0.15)
RIGHTLY = scored("u1", Outcome.REFUSED_RIGHTLY, text="Wer baute das Bad?", kind="who", confidence=0.05)
TOO_MUCH = scored("u2", Outcome.SHOULD_REFUSE, text="Wer leitet es?", kind="who", cited=(COST,), confidence=0.7)
FAILED = scored("f1", Outcome.FAILED, passages=(), confidence=0.0, answer={"error": "zu lang"}, said="zu lang")
UNJUDGED = scored("x1", Outcome.UNJUDGED, cited=(LANE,), gold=(), answerable=None, answers=(), kind=None)
EVERYTHING = (RIGHT, LATER, WRONG, REFUSED, MISSED, RIGHTLY, TOO_MUCH, FAILED, UNJUDGED)
RUN = {
    "index": {"name": "sammlung", "articles": 2},
    "questions": {"name": "fragen.jsonl", "sha256": "abc"},
    "model": "nano",
    "settings": {"threshold": 0.25, "further": [1, 2], "fixed": None},
}
ALL_MEASURES = {key: Estimate(0.792, 0.5, 0.9125, 130) for key in MEASURES}


def evaluation(*entries: Scored, **fields: Any) -> Evaluation:
    """These questions as if they had been evaluated; the values of the measures are made up."""
    groups = {
        "type": {"when": {"first_citation": Estimate(0.5, 0.25, 0.75, 6)}, "who": {}},
        "answerable": {"yes": {"first_citation": Estimate(0.5, 0.25, 0.75, 6)}, "no": {}},
    }
    made = {"run": RUN, "measures": ALL_MEASURES, "groups": groups, "faults": ()}
    return Evaluation(scored=entries or EVERYTHING, **made | fields)


@cache
def usual_report(language: str = "de") -> str:
    """The report of everything, written once for the tests that look at it."""
    return report(evaluation(), ARTICLES, language=language)


def parsed(page: str) -> Any:
    return lxml_html.document_fromstring(page)


def text_of(node: Any) -> str:
    """The text, with a space wherever an element begins or ends."""
    return " ".join(" ".join(node.itertext()).split())


def entry(page: str, anchor: str) -> Any:
    [node] = parsed(page).xpath("//article[@id=$anchor]", anchor=anchor)
    return node


# what to look at first


def reasons(entries, **more):
    return [(one.question.id, reason) for one, reason in first_to_look_at(entries, **more)]


def test_first_to_look_at_gives_each_kind_a_place_in_the_order_of_kinds():
    assert reasons(EVERYTHING) == [
        ("w1", "wrong"),
        ("u2", "should_refuse"),
        ("m1", "not_retrieved"),
        ("f1", "failed"),
        ("a1", "refused"),
    ]


def test_first_to_look_at_takes_the_surest_of_the_wrong_ones_where_there_is_nothing_else():
    wrong = [replace_confidence(WRONG, f"w{number}", number / 10) for number in range(1, 8)]
    assert reasons(wrong) == [(f"w{number}", "wrong") for number in (7, 6, 5, 4, 3)]


def test_first_to_look_at_prefers_the_first_kinds_where_places_are_few():
    assert reasons(EVERYTHING, count=2) == [("w1", "wrong"), ("u2", "should_refuse")]


def test_first_to_look_at_lets_the_kinds_take_turns():
    wrong, too_much = (
        [replace_confidence(one, f"{one.question.id}{number}", number / 10) for number in (3, 9, 6)]
        for one in (WRONG, TOO_MUCH)
    )
    assert [number for number, _ in reasons([*too_much, *wrong])] == ["w19", "w16", "w13", "u29", "u26"]


def test_first_to_look_at_lists_a_question_once():
    unseen = scored("w2", Outcome.WRONG, cited=(TURF,), passages=("moor.txt",), confidence=0.3)
    assert reasons([WRONG, unseen]) == [("w1", "wrong"), ("w2", "not_retrieved")]
    assert reasons([unseen]) == [("w2", "wrong")]


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (NOT_INDEXED, "not_in_index"),
        (scored("w3", Outcome.WRONG, cited=(TURF,), gold=()), "wrong_text"),
        (REFUSED, "refused"),
    ],
)
def test_first_to_look_at_tells_the_reason(one, reason):
    assert reasons([one]) == [(one.question.id, reason)]


@pytest.mark.parametrize(
    "one", [RIGHT, LATER, RIGHTLY, UNJUDGED, scored("a2", Outcome.REFUSED, ranked=(LANE, OPENING))]
)
def test_first_to_look_at_passes_over_what_teaches_little(one):
    assert reasons([one]) == []


def replace_confidence(one: Scored, number: str, confidence: float) -> Scored:
    return replace(one, question=replace(one.question, id=number), answer={**one.answer, "confidence": confidence})


def test_gold_rank_counts_from_one():
    assert [gold_rank(one) for one in (RIGHT, LATER, WRONG, MISSED)] == [1, 2, 2, None]


# the page


@pytest.mark.parametrize(
    ("entries", "language", "result"),
    [
        (
            EVERYTHING,
            "de",
            "Bei 1 von 6 beantwortbaren Fragen wurde zuerst der richtige Satz zitiert (17\N{NO-BREAK SPACE}%); "
            "von 2 nicht beantwortbaren lehnte das Programm 1 ab (50\N{NO-BREAK SPACE}%). "
            "Von 4 gegebenen Antworten waren 2 falsch (50\N{NO-BREAK SPACE}%): 1 mit falschem Beleg, "
            "1 auf Fragen, die die Artikel nicht beantworten.",
        ),
        (
            EVERYTHING,
            "en",
            "For 1 of 6 answerable questions the right sentence was cited first (17%); "
            "of 2 unanswerable ones the program refused 1 (50%). "
            "Of 4 answers given 2 were wrong (50%): 1 with a wrong citation, "
            "1 to questions that the articles do not answer.",
        ),
        ((RIGHTLY,), "en", "Of 1 unanswerable ones the program refused 1 (100%)."),
        (
            (scored("t", Outcome.RIGHT, cited=(LANE,), gold=()),),
            "en",
            "1 of 1 answerable questions were answered correctly (100%). Of 1 answers given 0 were wrong (0%).",
        ),
        ((UNJUDGED,), "en", "The question file does not tell which answers are right; 1 questions were asked."),
    ],
)
def test_report_tells_the_result_in_a_sentence(entries, language, result):
    [node] = parsed(report(evaluation(*entries), ARTICLES, language=language)).xpath("//p[@class='ergebnis']")
    assert node.text_content() == result


def test_report_of_no_questions_is_a_page():
    empty = Evaluation(run={}, measures={}, groups={}, scored=(), faults=("fragen.jsonl:1: has no 'id'",))
    page = parsed(report(empty, {}))
    assert text_of(page.xpath("//p[@class='ergebnis']")[0]) == "Es wurde keine Frage gestellt."
    assert page.xpath("//figure | //article | //table") == []
    assert "fragen.jsonl:1: has no 'id'" in text_of(page)


def test_report_says_what_was_run():
    rows = parsed(usual_report()).xpath("//table[@class='lauf']//tr")
    assert [tuple(text_of(cell) for cell in row) for row in rows] == [
        ("Index: Name", "sammlung"),
        ("Index: Artikel", "2"),
        ("Fragendatei: Name", "fragen.jsonl"),
        ("Fragendatei: Prüfsumme (SHA-256)", "abc"),
        ("Modell der Suche", "nano"),
        ("Einstellungen: Schwelle der Sicherheit, unter der abgelehnt wird", "0,2500"),
        ("Einstellungen: further", "1, 2"),
        ("Einstellungen: fixed", "–"),
    ]


@pytest.mark.parametrize(
    ("language", "started", "shown"),
    [
        ("de", "2026-03-09T10:24:32+00:00", "9.3.2026, 10:24 UTC"),
        ("en", "2026-03-09T10:24:32+00:00", "9 Mar 2026, 10:24 UTC"),
        ("de", "2026-03-09T10:24:32", "9.3.2026, 10:24"),
        ("de", "gestern", "gestern"),
    ],
)
def test_report_writes_when_it_began_as_usual_in_the_language(language, started, shown):
    page = parsed(report(evaluation(run={"started": started}), ARTICLES, language=language))
    assert page.xpath("string(//table[@class='lauf']//td)") == shown


def test_report_links_the_first_questions_with_their_reasons():
    items = parsed(usual_report()).xpath("//ol[@class='zuerst']/li")
    assert [item.xpath("h3/a/@href")[0] for item in items] == ["#q-w1", "#q-u2", "#q-m1", "#q-f1", "#q-a1"]
    assert text_of(items[0]) == (
        "Was kostet das Bad? ✗ falsch Mit einer Sicherheit von 80\N{NO-BREAK SPACE}% beantwortet, aber kein zitierter "
        f"Satz ist richtig. (Frage 3) Gesagt {GROWS} [1] Richtig wäre 2. Mai"
    ).replace("\N{NO-BREAK SPACE}", " ")
    assert "Rang 1. Sicherheit 20,0 %, Schwelle 25,0 %. (Frage 4)" in text_of(items[4])


def test_report_says_why_only_of_what_is_among_the_first_questions():
    page = report(evaluation(REFUSED, TOO_MUCH), ARTICLES)
    assert parsed(page).xpath("string(//section[@id='zuerst']/p)") == (
        "Ausgewählt nach dem, was am meisten lehrt: beantwortet, obwohl die Artikel es nicht sagen; "
        "gefunden und doch abgelehnt."
    )


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, "2. Mai"),
        ({"answers": ()}, OPENS),
        ({"answers": (), "gold": (), "relevant": (("bad.txt", 1),)}, "Richtige Artikel: bad.txt"),
        ({"answerable": False, "answers": (), "gold": ()}, "Die Artikel beantworten diese Frage nicht."),
    ],
)
def test_report_says_the_same_of_a_first_question_as_of_its_entry(change, wanted):
    said = replace(WRONG, answer={**WRONG.answer, "short_answer": "Torf"})
    page = report(evaluation(replace(said, question=replace(said.question, **change))), ARTICLES)
    texts = [text_of(node) for node in parsed(page).xpath("//ol[@class='zuerst']//dd | //article/dl//dd")]
    assert texts == [f"Torf – {GROWS} [1]", wanted] * 2


@pytest.mark.parametrize(
    ("one", "values", "shown"),
    [
        (
            RIGHT,
            {"exact_match": 0.0, "containment": 0.0},
            "✓ richtiger Satz zuerst , aber keine richtige Antwort im Text",
        ),
        (RIGHT, {"exact_match": 0.0, "containment": 1.0}, "✓ richtiger Satz zuerst"),
        (WRONG, {"exact_match": 0.0, "containment": 0.0}, "✗ falsch"),
        (scored("t", Outcome.RIGHT, cited=(LANE,), gold=()), {"containment": 1.0}, "✓ richtige Antwort im Text"),
    ],
)
def test_report_tells_a_right_sentence_from_a_right_answer(one, values, shown):
    page = report(evaluation(replace(one, values=values)), ARTICLES)
    facts = text_of(entry(page, f"q-{one.question.id}").xpath("p[@class='fakten']")[0])
    assert facts.split(" · ")[0] == shown
    remarks = [text_of(node) for node in parsed(page).xpath("//main/p[@class='leise']")]
    assert remarks == ([REPORT["de"]["answers_lacking"].format(count=1, all=1)] if "aber" in shown else [])


@pytest.mark.parametrize(
    ("values", "marked"),
    [
        ({"exact_match": 0.0, "exact_match_german": 0.0}, ["deviates"]),
        ({"exact_match": 0.0, "exact_match_german": 1.0}, []),
        ({}, []),
    ],
)
def test_report_marks_short_answers_that_deviate(values, marked):
    page = report(evaluation(replace(RIGHT, values=values)), ARTICLES)
    assert parsed(page).xpath("//article/@data-short") == marked
    assert parsed(page).xpath("//select[@name='short']/option/@value") == [*([""] if marked else []), *marked]


@pytest.mark.parametrize(("passages", "notes"), [(199, [REPORT["de"]["few_passages"].format(199)]), (200, [])])
def test_report_warns_of_an_index_in_which_ten_are_easily_found(passages, notes):
    page = parsed(report(evaluation(run={"index": {"passages": passages}}), ARTICLES))
    assert [text_of(node) for node in page.xpath("//caption/span")] == notes


@pytest.mark.parametrize(
    ("language", "share", "number", "points", "seconds"),
    [
        ("de", "79,2 % 50,0–91,2 %", "0,792 0,500–0,912", "0,8 0,5–0,9", "0,792 s 0,500–0,912 s"),
        ("en", "79.2% 50.0–91.2%", "0.792 0.500–0.912", "0.8 0.5–0.9", "0.792 s 0.500–0.912 s"),
    ],
)
def test_report_writes_each_measure_as_usual_in_the_language(language, share, number, points, seconds):
    rows = parsed(usual_report(language)).xpath("//table[@class='masse']/tbody/tr")
    shown = {row.xpath("string(.//code)"): " ".join(text_of(cell) for cell in row[1:3]) for row in rows}
    assert list(shown) == list(MEASURES)
    kept = ("first_citation", "auroc", "chrf", "seconds_p50")
    assert [shown[key] for key in kept] == [share, number, points, seconds]
    assert [row.xpath("string(td[last()])") for row in rows] == ["130"] * len(MEASURES)


def test_report_draws_intervals_on_a_scale_from_nothing_to_the_most():
    measures = {"first_citation": Estimate(0.5, 0.25, 0.75, 4), "seconds_p95": Estimate(2.0, 1.0, 4.0, 4)}
    rows = parsed(report(evaluation(measures=measures), ARTICLES)).xpath("//table[@class='masse']/tbody/tr")
    spans = [row.xpath(".//rect[@class='spanne']")[0] for row in rows]
    assert [(span.get("x"), span.get("width")) for span in spans] == [("25.00", "50.00"), ("25.00", "75.00")]


def test_report_shows_a_value_that_is_no_number_as_a_dash():
    nan = float("nan")
    rows = parsed(report(evaluation(measures={"auroc": Estimate(0.5, nan, nan, 4)}), ARTICLES)).xpath(
        "//table[@class='masse']/tbody/tr"
    )
    assert [text_of(cell) for cell in rows[0][1:]] == ["0,500", "–", "", "4"]


def test_report_explains_every_plot_and_gives_its_numbers():
    figures = parsed(usual_report()).xpath("//figure")
    assert [text_of(figure[0]) for figure in figures] == [
        REPORT["de"][key] for key in ("risk_coverage", "reliability", "ranks", "times", "by_type")
    ]
    for figure in figures:
        assert figure.xpath("svg[@role='img'][@aria-label]")
        assert text_of(figure.xpath("figcaption")[0])
    numbers = [[text_of(row) for row in figure.xpath(".//tbody/tr")] for figure in figures]
    assert numbers[2] == ["1 2", "2 2", "keiner 2"]
    assert numbers[3] == ["0,25 bis 0,27 8", "0,48 bis 0,50 1"]
    assert numbers[4] == ["wann 50,0 % 25,0–75,0 % 6"]
    [ring] = [text for text in map(text_of, figures[0].xpath("figcaption")) if "Ring" in text]
    assert ring.endswith("auf 50,0 % der Fragen, davon 50,0 % falsch.")


def test_report_shows_groups_with_what_was_measured_of_them():
    tables = parsed(usual_report()).xpath("//table[@class='gruppen']")
    assert [[text_of(row) for row in table.xpath("tbody/tr")] for table in tables] == [
        ["wann 6 50,0 % 25,0–75,0 %", "wer 2 –"],
        ["beantwortbar 7 50,0 % 25,0–75,0 %", "nicht beantwortbar 2 –"],
    ]
    assert tables[0].xpath(".//a/@href") == ["#?type=when", "#?type=who"]
    assert tables[1].xpath(".//a/@href") == ["#?answerable=yes", "#?answerable=no"]


def test_report_names_the_headlines_of_article_groups():
    found = {"first_citation": Estimate(0.5, 0.25, 0.75, 1)}
    groups = {"article": {"bad.txt": found, "fehlt.txt": found}}
    [table] = parsed(report(evaluation(groups=groups), ARTICLES)).xpath("//table[@class='gruppen']")
    assert [text_of(row[0]) for row in table.xpath("tbody/tr")] == ["bad.txt Das neue Bad", "fehlt.txt"]


def test_report_shows_a_question_with_its_citations_in_context():
    node = entry(usual_report(), "q-l1")
    assert [text_of(one) for one in node.xpath("details/ol/li")] == [
        f"{OPENS} {LANES} {PRICE} ✗ kein richtiger Satz · Das neue Bad · Kurier, 1.5.2025, bad.txt, Zeichen 47–64",
        f"Der Rat tagte lange. {OPENS} {LANES} ✓ richtiger Satz · Das neue Bad · Kurier, 1.5.2025, bad.txt, "
        "Zeichen 21–46",
    ]
    assert node.xpath("details/ol//mark/text()") == [LANES, OPENS]
    assert [text_of(one) for one in node.xpath("details/ul/li")] == [
        f"{OPENS} Das neue Bad · Kurier, 1.5.2025, bad.txt, Zeichen 21–46 · Rang 2 der bewerteten Sätze · "
        "zitiert als [2]"
    ]
    assert [text_of(one) for one in node.xpath("dl//dd")] == [f"{LANES} [1] {OPENS} [2]", "2. Mai"]
    facts = "≈ richtiger Satz, nicht zuerst · Sicherheit 60 % · 0,500 s · wann · de · l1 Im Chat öffnen"
    assert text_of(node.xpath("p[@class='fakten']")[0]) == facts


def test_report_shows_what_a_refused_question_would_have_cited_and_where_the_gold_sentence_stood():
    page = usual_report("en")
    refused, missed = entry(page, "q-a1"), entry(page, "q-m1")
    assert [text_of(one) for one in refused.xpath("details/h4")] == ["Would have been cited", "Right sentences"]
    assert refused.xpath("details/ol//mark/text()") == [OPENS, LANES]
    assert text_of(missed.xpath("details/ul/li/p")[0]).endswith("characters 21–46 · not among the 1 best sentences")
    assert missed.xpath(".//ol[@class='stellen']/li//b") == []
    assert len(refused.xpath(".//ol[@class='stellen']/li//b")) == 1


def test_report_names_gold_sentences_that_the_index_does_not_hold():
    node = entry(report(evaluation(NOT_INDEXED), ARTICLES), "q-n1")
    assert [text_of(one) for one in node.xpath("details/ul/li")] == [f"{OPENS} bad.txt · steht nicht im Index"]


@pytest.mark.parametrize("articles", [{}, {"bad.txt": make_article("Anderer Text. " * 9, name="bad.txt")}])
def test_report_without_an_article_or_with_a_changed_one_shows_the_bare_quotation(articles: dict[str, Article]):
    node = entry(report(evaluation(RIGHT), articles), "q-r1")
    [quoted] = node.xpath("details/ol/li")
    assert text_of(quoted.xpath("blockquote")[0]) == OPENS
    assert text_of(quoted).endswith(REPORT["de"]["changed"])


def test_report_links_into_the_chat_with_the_question_as_it_was_understood():
    asked = scored("h1", Outcome.RIGHT, text="Und wann?", cited=(OPENING,), history=("Was ist mit dem Bad?",))
    asked = replace(asked, answer={**asked.answer, "understood": "Wann öffnet das Bad & was kostet es?"})
    page = report(evaluation(asked), ARTICLES, chat="http://127.0.0.1:9000/")
    [link] = entry(page, "q-h1").xpath(".//a[@class='chat']")
    assert link.get("href").startswith("http://127.0.0.1:9000/#question=Wann%20")
    assert unquote(link.get("href").split("=", 1)[1]) == "Wann öffnet das Bad & was kostet es?"
    assert (link.get("target"), link.get("rel")) == ("_blank", "noopener noreferrer")
    assert "Vorher gefragt: Was ist mit dem Bad?" in text_of(entry(page, "q-h1"))


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.WRONG])
def test_report_shortens_a_long_question_wherever_it_is_shown(outcome):
    long = f"{'Wo? ' * 300}Ende"
    answer = {"understood": f"{long}?"} | ({"error": "zu lang"} if outcome is Outcome.FAILED else {})
    one = scored("k1", outcome, text=long, history=(f"{long}!",), answer=answer)
    page = report(evaluation(one), ARTICLES)
    shown = f"{'Wo? ' * 124}Wo?…"
    assert len(shown) == 500
    node = entry(page, "q-k1")
    assert text_of(node.xpath("h3")[0]) == f"#1 {shown}"
    assert text_of(parsed(page).xpath("//ol[@class='zuerst']/li/h3")[0]) == shown
    assert [text_of(one) for one in node.xpath("p[@class='leise']")] == [
        f"Vorher gefragt: {shown}",
        f"{REPORT['de']['understood']}: {shown}",
    ]
    [link] = node.xpath(".//a[@class='chat']/@href")
    # the chat takes no question that could not be asked here
    assert unquote(link.split("=", 1)[1]) == (shown if outcome is Outcome.FAILED else f"{long}?")
    assert "Ende" not in page.replace(link, "")


def test_report_rejects_an_address_that_is_none_of_the_web():
    with pytest.raises(InputInvalid, match="must begin with http:// or https://, not 'javascript:alert"):
        report(evaluation(), ARTICLES, chat="javascript:alert(1)")


@pytest.mark.parametrize("number", ["a b", "ä/1", '"><b>', "100%", "x" * 300])
def test_report_gives_every_question_an_address_of_its_own(number):
    page = parsed(report(evaluation(replace(RIGHT, question=replace(RIGHT.question, id=number)), WRONG), ARTICLES))
    [first, second] = page.xpath("//article")
    assert first.xpath("h3/a/@href") == [f"#{first.get('id')}"]
    assert re.fullmatch(r"q-[\w.~%-]+", first.get("id"), re.ASCII)
    assert unquote(first.get("id")) == f"q-{number}"
    assert first.get("id") != second.get("id")


# what must not get in, or out


def hostile_evaluation(text: str) -> tuple[Evaluation, dict[str, Article]]:
    """Hostile text wherever text comes from somebody else."""
    name = f"{text}.txt"
    stored = text.encode("utf-8", "replace").decode("utf-8")  # a file name may hold half a character, an article not
    article = make_article(f"Davor. {stored} ist da. Danach.", name=name, title=stored, publisher=stored)
    articles = {name: article}
    cited = sentence(f"{stored} ist da.", name, chosen=True, articles=articles)
    one = scored(text, Outcome.WRONG, text=text, cited=(cited,), gold=(), kind=text, passages=())
    passage = {**whole("bad.txt"), "article": name, "start": 0, "end": 20}
    one = replace(
        one,
        question=replace(
            one.question,
            gold=(Gold(name, stored),),
            answers=(text,),
            history=(text,),
            relevant=((text, 1),),
            language=text,
        ),
        answer={**one.answer, "understood": f"{text}?", "short_answer": text, "error": text, "passages": [passage]},
        gold=(Place(name, cited["start"], cited["end"], cited["sentence"]),),
        groups={"type": text, "lang": text},
    )
    groups = {"type": {text: {"first_citation": Estimate(0.5, 0.25, 0.75, 1)}}}
    return evaluation(one, groups=groups, run={text: text, "questions": text}, faults=(text,)), articles


@cache
def hostile_report(text: str) -> str:
    return report(*hostile_evaluation(text))


def structure(page: str) -> list[tuple[str, list[str]]]:
    """Elements and the names of their attributes."""
    return [(str(node.tag), sorted(node.attrib)) for node in parsed(page).iter()]


@pytest.mark.parametrize("text", HOSTILE)
def test_report_makes_no_markup_of_what_others_wrote(text):
    page = hostile_report(text)
    assert structure(page) == structure(hostile_report("harmlos"))
    assert len(parsed(page).xpath("//script")) == 1
    page.encode("utf-8")


def test_report_allows_its_own_style_and_script_alone():
    page = parsed(hostile_report(HOSTILE[0]))
    [policy] = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    style, script = (
        base64.b64encode(hashlib.sha256(page.xpath(f"string(//{name})").encode()).digest()).decode()
        for name in ("style", "script")
    )
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert page.xpath("//@style") == []


@pytest.mark.parametrize("text", ["harmlos", *HOSTILE])
def test_report_refers_to_nothing_outside_but_the_chat(text):
    page = hostile_report(text)
    assert re.findall(r"url\((?!#)[^)]*\)|@import", page) == []
    targets = parsed(page).xpath("//@href | //@src | //@action | //@srcset | //@data | //@poster")
    assert [one for one in targets if not one.startswith(("#", "http://127.0.0.1:7860/#question="))] == []


def test_report_is_the_same_each_time():
    assert report(evaluation(), ARTICLES) == usual_report()


def test_report_of_a_thousand_questions_stays_small():
    many = [replace(LATER, question=replace(LATER.question, id=f"q{number}")) for number in range(1000)]
    assert len(report(evaluation(*many), ARTICLES).encode()) < 4_000_000


# words


def test_report_words_are_the_same_in_both_languages_and_complete():
    assert REPORT["de"].keys() == REPORT["en"].keys()
    assert RUN_WORDS["de"].keys() == RUN_WORDS["en"].keys()
    assert set(OUTCOMES["de"]) == set(OUTCOMES["en"]) == set(SIGNS) == {outcome.value for outcome in Outcome}
    assert set(MEASURE_WORDS["de"]) == set(MEASURE_WORDS["en"]) == set(MEASURES)
    for key, text in REPORT["de"].items():
        gaps, english = (sorted(re.findall(r"\{\w*\}", words)) for words in (text, REPORT["en"][key]))
        assert gaps == english, key


def test_report_words_for_outcomes_and_signs_are_all_different():
    for words in (OUTCOMES["de"], OUTCOMES["en"], SIGNS):
        assert len(set(words.values())) == len(Outcome)


# in the browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not Path(CHROMIUM).exists():
        impossible_here(f"{CHROMIUM} is missing; install Debian's chromium")
    if sync_playwright is None:
        impossible_here("playwright or axe is missing; install requirements-dev.txt")
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def open_report(browser, tmp_path) -> Iterator[Any]:
    """Open a report from its file; nothing may be fetched, said to the console, or done by hostile text."""
    path = tmp_path / "report.html"
    trouble: list[str] = []
    pages = []

    def open_one(content: str, *, width: int = 1280, anchor: str = "", **more: Any) -> Any:
        path.write_text(content, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce", **more)
        context.on("request", lambda sent: sent.url.partition("#")[0] == path.as_uri() or trouble.append(sent.url))
        context.on("console", lambda said: trouble.append(said.text))
        context.on("weberror", lambda error: trouble.append(str(error.error)))
        context.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(path.as_uri() + anchor)
        pages.append(page)
        return page

    yield open_one
    for page in pages:
        if page.evaluate("window.pwned"):
            trouble.append("pwned")
        page.context.close()
    assert trouble == []


def shown(page: Any) -> list[str]:
    return page.locator("article:not([hidden])").evaluate_all("all => all.map(one => one.id)")


@pytest.mark.parametrize(
    "more", [{"color_scheme": "light"}, {"color_scheme": "dark"}, {"width": 360}, {"java_script_enabled": False}]
)
def test_report_page_shuts_nobody_out(open_report, more):
    page = open_report(usual_report(), **{"width": 1280} | more)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    if more.get("java_script_enabled") is False:
        assert page.locator("article h3").count() == len(EVERYTHING)
        expect(page.locator("#auswahl")).to_be_hidden()
        return
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    assert [(one["id"], node["html"][:200]) for one in found.response["violations"] for node in one["nodes"]] == []


def test_report_page_filters_and_keeps_the_choice_in_its_address(open_report):
    page = open_report(usual_report())
    status = page.locator("#gezeigt")
    expect(status).to_have_text("9 von 9 Fragen")
    page.select_option("[name=outcome]", "refused")
    expect(status).to_have_text("2 von 9 Fragen")
    assert shown(page) == ["q-a1", "q-m1"]
    page.select_option("[name=outcome]", "")
    page.select_option("[name=type]", "who")
    page.fill("[name=text]", "WER  baute")
    expect(status).to_have_text("1 von 9 Fragen")
    assert shown(page) == ["q-u1"]
    assert page.evaluate("location.hash") == "#?text=WER++baute&type=who"
    page.reload()
    expect(status).to_have_text("1 von 9 Fragen")
    assert (shown(page), page.input_value("[name=type]")) == (["q-u1"], "who")
    page.select_option("[name=answerable]", "yes")
    expect(status).to_have_text("0 von 9 Fragen")
    expect(page.locator("#nichts")).to_be_visible()
    page.click("button[type=reset]")
    expect(status).to_have_text("9 von 9 Fragen")
    expect(page.locator("#nichts")).to_be_hidden()


def test_report_page_sorts(open_report):
    page = open_report(usual_report())
    page.select_option("[name=sort]", "surest")
    expect(page.locator("article").last).to_have_attribute("id", "q-f1")
    assert shown(page) == ["q-r1", "q-w1", "q-u2", "q-l1", "q-x1", "q-a1", "q-m1", "q-u1", "q-f1"]
    page.select_option("[name=sort]", "slowest")
    expect(page.locator("article").first).to_have_attribute("id", "q-l1")
    page.select_option("[name=sort]", "")
    expect(page.locator("article").first).to_have_attribute("id", "q-r1")
    assert shown(page) == [f"q-{one.question.id}" for one in EVERYTHING]


def test_report_page_filters_by_a_click_on_an_outcome_or_group(open_report):
    page = open_report(usual_report())
    page.click(".urteile a:has(.wrong)")
    expect(page.locator("#gezeigt")).to_have_text("1 von 9 Fragen")
    page.click(".gruppen a >> text=wer")
    expect(page.locator("#gezeigt")).to_have_text("2 von 9 Fragen")
    page.click(".gruppen a >> text=nicht beantwortbar")
    assert shown(page) == ["q-u1", "q-u2"]


def test_report_page_tells_that_a_question_is_not_there(open_report):
    page = open_report(usual_report(), anchor="#q-fort")
    expect(page.locator("#gezeigt")).to_have_text(REPORT["de"]["unknown"])


def test_report_page_shows_the_question_that_its_address_names(open_report):
    odd = replace(RIGHT, question=replace(RIGHT.question, id="ä b/1"))
    page = open_report(report(evaluation(*EVERYTHING, odd), ARTICLES), anchor="#q-%C3%A4%20b%2F1")
    named = page.locator("article").last
    expect(named.locator("details").first).to_have_attribute("open", "")
    expect(named).to_be_focused()
    expect(named).to_be_in_viewport()
    page.select_option("[name=outcome]", "wrong")
    expect(named).to_be_hidden()
    page.click(".zuerst a[href='#q-u2']")
    expect(page.locator("#q-u2")).to_be_in_viewport()
    expect(page.locator("#gezeigt")).to_have_text("10 von 10 Fragen")


def test_report_page_can_be_used_with_the_keyboard(open_report):
    page = open_report(usual_report("en"))
    page.keyboard.press("Tab")
    expect(page.locator("#sprung")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#inhalt")).to_be_focused()
    page.focus("[name=outcome]")
    page.keyboard.type("wrong")
    expect(page.locator("#gezeigt")).not_to_have_text("9 of 9 questions")
    page.focus("#alles")
    page.keyboard.press("Enter")
    assert page.locator("article:not([hidden]) details:not([open])").count() == 0
    expect(page.locator("#alles")).to_have_text("Close all details")


def test_report_page_ignores_an_address_that_asks_for_what_is_not_there(open_report):
    page = open_report(usual_report(), anchor="#?outcome=nonsense&sort=x&type=who&other=1")
    expect(page.locator("#gezeigt")).to_have_text("2 von 9 Fragen")


@pytest.mark.parametrize("text", HOSTILE)
def test_report_page_does_nothing_that_hostile_text_asks_for(open_report, text):
    page = open_report(hostile_report(text))
    page.fill("[name=text]", "ist da")
    expect(page.locator("#gezeigt")).to_have_text("1 von 1 Fragen")


def test_report_page_prints_what_was_run_on_white(open_report):
    page = open_report(usual_report(), color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".lauf")).to_be_visible()
    expect(page.locator("#auswahl")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".lauf")).to_be_hidden()
