from dataclasses import replace

import pytest
from helpers import make_article, one_passage

from index.types import Article, Hit, Passage
from qa.evidence import has_figures, rank_evidence, select_evidence
from qa.settings import BY_SIMILARITY
from qa.types import Evidence

POOL = make_article("Das Bad öffnet bald. Es hat 25 Bahnen. Der Rat freut sich.", title="Bad", name="bad.txt")


def hit(passage: Passage, article: Article, cosines: list[float], *, score: float = 1.0) -> Hit:
    return Hit(passage, article, 1, score, 0.9, 0.0, tuple(cosines))


def evidence(text: str, score: float, *, start: int = 0) -> Evidence:
    article = make_article(text)
    return Evidence(one_passage(article).sentences[0], article, score, 0.5, False)


def test_rank_evidence_adds_similarity_bonus_for_kind_and_bonus_for_the_passage():
    weights = replace(BY_SIMILARITY, kind=0.125, passage=0.25)
    ranked = rank_evidence(
        "Wie viele Bahnen gibt es?",
        [hit(one_passage(POOL), POOL, [0.75, 0.875, 0.5], score=0.5)],
        unrelated_cosine=0.5,
        weights=weights,
    )
    assert [(e.sentence.text, e.similarity, e.fits_kind, e.score) for e in ranked] == [
        ("Es hat 25 Bahnen.", 0.75, True, 0.75 + 0.125 + 0.125),
        ("Das Bad öffnet bald.", 0.5, False, 0.5 + 0.125),
        ("Der Rat freut sich.", 0.0, False, 0.0 + 0.125),
    ]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Katrin Osterloh\nDas Bad öffnet.", ["Das Bad öffnet."]),
        ("Von Paula Rietz und Jan de Boer\nDas Bad öffnet.", ["Das Bad öffnet."]),
        ("Das Bad öffnet.\nText: Paula Rietz", ["Das Bad öffnet."]),
        ("Bad öffnet bald\nDas Bad öffnet.", ["Bad öffnet bald", "Das Bad öffnet."]),
        ("Von Paula Rietz kam Kritik.\nDas Bad öffnet.", ["Von Paula Rietz kam Kritik.", "Das Bad öffnet."]),
        ("Die Jury:" + " Sie tagt lange." * 14 + "\nKatrin Osterloh", ["Katrin Osterloh"]),
    ],
)
def test_rank_evidence_leaves_bylines_out(text, kept):
    article = make_article(text)
    passage = one_passage(article)
    ranked = rank_evidence("Wer?", [hit(passage, article, [0.9] * len(passage.sentences))], unrelated_cosine=0.5)
    assert [one.sentence.text for one in ranked if "tagt" not in one.sentence.text] == kept


@pytest.mark.parametrize(
    ("question", "best"),
    [("Wie viele Bahnen?", "Es hat 25 Bahnen."), ("Was macht der Rat?", "Das Bad öffnet bald.")],
)
def test_rank_evidence_prefers_a_sentence_with_a_number_where_one_is_asked_for(question, best):
    ranked = rank_evidence(question, [hit(one_passage(POOL), POOL, [0.9, 0.9, 0.9])], unrelated_cosine=0.7)
    assert ranked[0].sentence.text == best


def test_rank_evidence_gives_a_sentence_of_two_passages_once_with_its_better_score():
    first, second, third = one_passage(POOL).sentences
    early = Passage(POOL.id, first.start, second.end, (first, second))
    late = Passage(POOL.id, second.start, third.end, (second, third))
    ranked = rank_evidence(
        "Was ist?", [hit(early, POOL, [0.8, 0.6]), hit(late, POOL, [0.9, 0.7], score=0.0)], unrelated_cosine=0.0
    )
    assert [(e.sentence.text, e.similarity) for e in ranked] == [
        (first.text, 0.8),
        (second.text, 0.9),
        (third.text, 0.7),
    ]


def test_rank_evidence_orders_equal_scores_by_place():
    ranked = rank_evidence("Was ist?", [hit(one_passage(POOL), POOL, [0.8, 0.8, 0.8])], unrelated_cosine=0.0)
    assert [e.sentence for e in ranked] == list(one_passage(POOL).sentences)


def test_rank_evidence_of_no_hits_is_empty():
    assert rank_evidence("Was ist?", [], unrelated_cosine=0.7) == []
    assert select_evidence([]) == []


def test_select_evidence_takes_at_most_the_longest_answer():
    ranked = [evidence(f"Satz {number}.", 0.9) for number in range(5)]
    assert select_evidence(ranked, longest=2) == ranked[:2]


def test_select_evidence_stops_where_scores_lie_too_far_below_the_best():
    ranked = [evidence("Eins.", 1.0), evidence("Zwei.", 0.75), evidence("Drei.", 0.5)]
    assert select_evidence(ranked, weights=replace(BY_SIMILARITY, further=0.25)) == ranked[:2]


def test_select_evidence_says_nothing_twice():
    copy = Evidence(*(getattr(evidence("Eins.", 0.99), name) for name in Evidence.__slots__))
    ranked = [evidence("Eins.", 1.0), copy, evidence("Zwei.", 0.98)]
    assert select_evidence(ranked) == [ranked[0], ranked[2]]


def test_rank_evidence_takes_near_copies_as_one_source():
    text = "Das Bad öffnet im Mai. Es hat 25 Bahnen."
    agency = make_article(text, title="Bad", name="agentur.txt")
    paper = make_article(f"{text} Der Bote fragte nach.", title="Bad", name="bote.txt")
    other = make_article("Der Rat sprach über das Bad.", title="Rat", name="rat.txt")
    hits = [
        Hit(one_passage(agency), agency, 1, 0.5, 0.9, 0.0, (0.8, 0.7), copies=(paper,)),
        Hit(one_passage(paper), paper, 2, 0.5, 0.9, 0.0, (0.9, 0.6, 0.5), copies=(agency,)),
        Hit(one_passage(other), other, 3, 0.5, 0.9, 0.0, (0.4,)),
    ]
    ranked = rank_evidence("Was ist?", hits, unrelated_cosine=0.0)
    assert [(e.article.name, e.similarity) for e in ranked] == [
        ("bote.txt", 0.9), ("bote.txt", 0.6), ("bote.txt", 0.5), ("rat.txt", 0.4)
    ]  # fmt: skip
    assert ranked[0].copies == (agency,)


@pytest.mark.parametrize(
    ("figure", "other", "kept"),
    [
        ("9.400", "9.900", ["Die Miete beträgt 9.900 Euro.", "Die Miete beträgt 9.400 Euro."]),
        ("zwölf", "vierzehn", ["Die Miete beträgt vierzehn Euro.", "Die Miete beträgt zwölf Euro."]),
        ("zwölf", "Zwölf", ["Die Miete beträgt Zwölf Euro."]),
        ("viel", "wenig", ["Die Miete beträgt wenig Euro."]),
    ],
)
def test_rank_evidence_keeps_what_a_near_copy_has_other_figures_for(figure, other, kept):
    old = make_article(f"Die Miete beträgt {figure} Euro. Es ist Mai.", name="alt.txt")
    new = make_article(f"Die Miete beträgt {other} Euro. Es ist Mai.", name="neu.txt")
    hits = [
        Hit(one_passage(old), old, 1, 0.5, 0.9, 0.0, (0.8, 0.5), copies=(new,)),
        Hit(one_passage(new), new, 2, 0.5, 0.9, 0.0, (0.9, 0.5), copies=(old,)),
    ]
    ranked = rank_evidence("Was ist?", hits, unrelated_cosine=0.0)
    assert [e.sentence.text for e in ranked] == [*kept, "Es ist Mai."]
    assert ranked[-1].article == new


@pytest.mark.parametrize(
    ("sentence", "text", "expected"),
    [
        ("Es kostet 3,8 Millionen.", "Am 3. Mai: 3,8 Millionen", True),
        ("Es kostet 3,8 Millionen.", "Es kostet 3,2 Millionen.", False),
        ("Es kommt.", "", True),
        ("Einundzwanzig Boote", "einundzwanzig Boote", True),
        ("Einundzwanzig Boote", "zweiundzwanzig Boote", False),
        ("Die Achtung vor dem Vierbeiner", "", True),
        ("um 21:14 Uhr", "um 21.14 Uhr", False),
    ],
)
def test_has_figures_looks_for_all_numbers_of_a_sentence(sentence, text, expected):
    [said] = one_passage(make_article(sentence)).sentences
    assert has_figures(make_article(text), said) == expected
