import math
import random
import time

import numpy as np
import pytest
import pytrec_eval
from sacrebleu.metrics import CHRF
from sklearn.metrics import roc_auc_score
from torchmetrics.functional.text.squad import squad

from qa.measures import (
    Bin,
    RefusalScores,
    aurc,
    auroc,
    calibration_error,
    chrf,
    citation_scores,
    containment,
    exact_match,
    german,
    official,
    percentile,
    rank_measures,
    refusal_scores,
    reliability,
    risk_coverage,
    token_f1,
)

TEXT = """
    the The a An an der Die das ein eine Hafen Straße Gemüse Köln mayor 1.200 3,5 35 % U.S. E-Mail „Nord“ (Süd) city,
    Rat. – the-end Übergänge
"""


# answers


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("The mayor's  Café, a new one!", "mayors café new one"),
        ("Theater an der Elbe", "theater der elbe"),  # "an" is an English article, wherever it stands
        ("„3,5“ Prozent", "„35“ prozent"),  # only ASCII punctuation goes
        ("a.n. other", "other"),  # the points go first, so what they leave is an article
        ("A", ""),
        ("", ""),
    ],
)
def test_official_normalises_as_the_squad_script(text, normalised):
    assert official(text) == normalised


@pytest.mark.parametrize(
    "spellings",
    [
        ["1.200 Euro", "1200 €", "1200 Euro", "1.200,- Euro"],
        ["48,9 %", "48,9%", "48,9 Prozent"],
        ["1.234.567", "1234567"],
        ["1.200,50", "1200,50"],
        ["die Straße", "STRASSE", "strasse.", "der Straße", "»Straße«", "„Straße“", '"Straße"'],
        ["Köln", "Ko\u0308ln", "KÖLN"],
        ["2019–2021", "2019-2021", "2019 – 2021"],
        ["−5 Grad", "-5 Grad", "–5 Grad"],
        ["Rhein-Main-Gebiet", "Rhein-Main Gebiet", "Rhein\u2011Main\u2011Gebiet"],
        ["wie geht’s", "wie geht's", "wie gehts"],
        ["Do\u00adnau", "Donau"],
        ["CO₂", "co2"],
        ["am 12.03.2025.", "Am 12.03.2025"],
        ["½ Liter", "1/2 Liter"],
        ["„…“", "", " ", "–"],
    ],
)
def test_german_makes_spellings_of_the_same_equal(spellings):
    assert len({german(spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3,5", "35"),
        ("1.5", "15"),
        ("1.5", "1.500"),
        ("1.2000", "12000"),
        ("12.345.6", "12345.6"),
        ("0.500", "0500"),
        ("01.200", "01200"),
        ("1,234.567", "1,234567"),
        ("12.03.2025", "12032025"),
        ("1.3.2025", "132025"),
        ("192.168.178.1", "1921681781"),
        ("2:1", "21"),
        ("2:1", "1:2"),
        ("-5 Grad", "5 Grad"),
        ("5 %", "5 Euro"),
        ("schon", "schön"),
        ("Masse", "Maße und"),
        ("eine", "keine"),
        ("eine", ""),  # an article alone may be a number, so it stays
        ("der Rat", "dem"),
    ],
)
def test_german_keeps_apart_what_differs(one, other):
    assert german(one) != german(other)


def test_german_gives_words_in_their_order():
    assert german("Der „Rat“ der Stadt Köln zahlt 1.200,50 € (+ 3 %) am 12.03. um 14.30 Uhr – für die E-Mail.") == (
        "rat stadt köln zahlt 1200,50 euro 3 prozent am 12.03 um 14.30 uhr für e mail"
    )


@pytest.mark.parametrize("text", ["1.111" * 40_000, "1." * 100_000, "-" * 200_000, "[1" * 100_000, "der " * 50_000])
def test_containment_takes_time_in_proportion_to_the_text(text):
    started = time.perf_counter()
    containment(text, ["nichts"])
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("said", "wanted", "exact", "f1"),
    [
        ("the Hafen", ["Hafen"], 1.0, 1.0),
        # 2 words in common of 3 said and 4 wanted: precision 2/3, recall 1/2, F1 = 2 * 2/3 * 1/2 / (2/3 + 1/2) = 4/7
        ("alte neue Hafen", ["Hafen von Nord alte"], 0.0, 4 / 7),
        # "Ja" stands once in the wanted answer, so it counts once: precision 1/3, recall 1, F1 = 1/2
        ("Ja, ja, ja!", ["ja"], 0.0, 0.5),
        # the best of several: 1/1 and 1/2 give 2/3, against 0
        ("Nord", ["Süd", "Nord West"], 0.0, 2 / 3),
        ("Ost", ["Süd", "Nord"], 0.0, 0.0),
        ("", ["Nord"], 0.0, 0.0),
        # unanswerable: right is to say nothing, or nothing that is left
        ("", [], 1.0, 1.0),
        ("The!", [], 1.0, 1.0),
        ("Nord", [], 0.0, 0.0),
        # wanted answers of which nothing is left do not count beside others ...
        ("", ["the", "Nord"], 0.0, 0.0),
        # ... and make the question unanswerable where they are alone
        ("", ["the", "..."], 1.0, 1.0),
        ("Nord", ["the"], 0.0, 0.0),
    ],
)
def test_exact_match_and_f1_by_the_rules_of_squad_2(said, wanted, exact, f1):
    assert exact_match(said, wanted) == exact
    assert token_f1(said, wanted) == pytest.approx(f1)


def test_exact_match_and_f1_agree_with_the_official_script_on_random_answers():
    draw = random.Random(7)
    words = TEXT.split()
    scores = []
    for _ in range(300):
        wanted = [
            text
            for text in (" ".join(draw.choices(words, k=draw.randint(1, 5))) for _ in range(draw.randint(1, 3)))
            if official(text)  # version 1.1, which torchmetrics carries, has no rule for others
        ] or ["Hafen"]
        said = " ".join(draw.choices(words, k=draw.randint(0, 5))) if draw.random() < 0.7 else draw.choice(wanted)
        theirs = squad(
            [{"id": "1", "prediction_text": said}],
            [{"id": "1", "answers": {"text": wanted, "answer_start": [0] * len(wanted)}}],
        )
        mine = [exact_match(said, wanted), token_f1(said, wanted)]
        # theirs is in percent and of single precision
        assert mine == pytest.approx([float(theirs["exact_match"]) / 100, float(theirs["f1"]) / 100], rel=1e-6)
        scores.append(mine)
    exact, f1 = zip(*scores, strict=True)
    assert 50 < sum(exact) < 250
    assert sum(0 < value < 1 for value in f1) > 50


def test_exact_match_and_f1_take_another_normalisation():
    assert exact_match("1.200 €", ["die 1200 Euro"], normalise=german) == 1.0
    assert exact_match("1.200 €", ["die 1200 Euro"]) == 0.0
    # "rund 1200 euro" against "1200 euro": precision 2/3, recall 1
    assert token_f1("rund 1.200 Euro", ["die 1200 Euro"], normalise=german) == pytest.approx(0.8)
    assert exact_match("Eine", ["eine"], normalise=german) == 1.0


@pytest.mark.parametrize(
    ("said", "wanted", "value"),
    [
        ("Das Bad öffnet am 3. Mai. [1]", ["3. Mai"], 1.0),
        ("Das Bad öffnet am 3. Mai. [1]", ["im Juni", "3. Mai"], 1.0),
        ("Das Bad öffnet am 13. Mai. [1]", ["3. Mai"], 0.0),
        ("Es kamen 2019 viele. [1]", ["1"], 0.0),  # neither in a number nor in a marker
        ("Es kam 1 Kind. [2]", ["1"], 1.0),
        ("Es waren 1.200 Gäste.", ["1200"], 1.0),
        ("Es waren 3,5 Prozent.", ["5"], 0.0),
        ("Der Rat der Stadt Köln stimmte zu.", ["Rat Stadt Köln"], 1.0),
        ("Köln Stadt", ["Stadt Köln"], 0.0),
        ("", ["Köln"], 0.0),
        ("", [], 1.0),
        ("Köln", [], 0.0),
        ("Köln", ["…", "Bonn"], 0.0),
    ],
)
def test_containment_finds_a_wanted_answer_as_whole_words(said, wanted, value):
    assert containment(said, wanted) == value


def test_containment_takes_another_normalisation():
    assert containment("The old 1.200", ["a 1200"], normalise=official) == 1.0


def test_chrf_of_a_hand_worked_pair():
    # "abc" against "abd": of 1-grams 2 of 3 agree, of 2-grams 1 of 2, of 3-grams 0 of 1; longer ones there are none.
    # Precision and recall are both (2/3 + 1/2 + 0) / 3 = 7/18, and so is their F.
    assert chrf("abc", ["abd"]) == pytest.approx(100 * 7 / 18)
    # "ab" against "abcd": precision (1 + 1) / 2; recall (2/4 + 1/3) / 2 = 5/12; F2 = 5 * p * r / (4 * p + r)
    assert chrf("ab", ["abcd"]) == pytest.approx(100 * 5 * (5 / 12) / (4 + 5 / 12))


def test_chrf_is_sacrebleus_for_the_best_wanted_answer():
    said, wanted = "rund 1.200 Gäste", ["1.200 Gäste", "etwa 1200 Leute"]
    assert chrf(said, wanted) == max(CHRF().sentence_score(said, [one]).score for one in wanted)
    assert chrf(said, wanted) == pytest.approx(CHRF().sentence_score(said, wanted).score)


@pytest.mark.parametrize(
    ("said", "wanted", "value"), [("Köln", ["Bonn", "Köln"], 100.0), ("", ["Köln"], 0.0), ("Köln", [], 0.0)]
)
def test_chrf_at_its_ends(said, wanted, value):
    assert chrf(said, wanted) == pytest.approx(value)


# rankings


def test_rank_measures_of_a_hand_worked_ranking():
    # c (grade 2) stands second, a (grade 1) fourth, d (grade 1) is missing.
    # DCG = 2 / log2(3) + 1 / log2(5); the ideal is c a d: 2 / log2(2) + 1 / log2(3) + 1 / log2(4)
    # average precision = (1/2 + 2/4 + 0) / 3
    values = rank_measures({"q": ["x", "c", "y", "a"]}, {"q": {"a": 1, "c": 2, "d": 1, "y": 0}})
    assert values == {
        "q": pytest.approx(
            {
                "mrr": 1 / 2,
                "ndcg@10": (2 / math.log2(3) + 1 / math.log2(5)) / (2 + 1 / math.log2(3) + 1 / 2),
                "map": 1 / 3,
                "recall@10": 2 / 3,
                "success@1": 0.0,
                "success@3": 1.0,
                "success@10": 1.0,
            }
        )
    }


def test_rank_measures_agree_with_trec_eval_and_with_their_formulas():
    runs, qrels = random_rankings(queries=50)
    mine = rank_measures(runs, qrels)
    assert set(mine) == {question for question, grades in qrels.items() if max(grades.values()) > 0}
    assert len(mine) > 40
    scores = {q: {document: 1 / rank for rank, document in enumerate(run, start=1)} for q, run in runs.items()}
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10", "map", "recall.10", "success.1,3,10"})
    theirs = evaluator.evaluate(scores)
    short = {q: dict(list(found.items())[:10]) for q, found in scores.items()}
    reciprocal = pytrec_eval.RelevanceEvaluator(qrels, {"recip_rank"}).evaluate(short)
    for question, values in mine.items():
        of_theirs = theirs[question]
        assert values == pytest.approx(
            {
                "mrr": reciprocal[question]["recip_rank"],
                "ndcg@10": of_theirs["ndcg_cut_10"],
                "map": of_theirs["map"],
                "recall@10": of_theirs["recall_10"],
                **{f"success@{k}": of_theirs[f"success_{k}"] for k in (1, 3, 10)},
            },
            abs=1e-4,
        )
        assert values == pytest.approx(by_formula(runs[question], qrels[question]))


def random_rankings(*, queries: int) -> tuple[dict[str, list[str]], dict[str, dict[str, int]]]:
    draw = random.Random(11)
    documents = [f"d{number}" for number in range(40)]
    runs = {f"q{n}": draw.sample(documents, draw.randint(1, 25)) for n in range(queries)}
    judged = {f"q{n}": draw.sample(documents, draw.randint(1, 15)) for n in range(queries)}
    qrels = {question: {document: draw.randint(0, 3) for document in found} for question, found in judged.items()}
    return runs, qrels


def by_formula(run: list[str], grades: dict[str, int]) -> dict[str, float]:
    hits = [grades.get(document, 0) for document in run]
    relevant = sum(grade > 0 for grade in grades.values())

    def gain(of: list[int]) -> float:
        return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(of[:10], start=1))

    found = [rank for rank, grade in enumerate(hits, start=1) if grade > 0]
    return {
        "mrr": next((1 / rank for rank in found if rank <= 10), 0.0),
        "ndcg@10": gain(hits) / gain(sorted(grades.values(), reverse=True)),
        "map": sum(number / rank for number, rank in enumerate(found, start=1)) / relevant,
        "recall@10": sum(rank <= 10 for rank in found) / relevant,
        **{f"success@{k}": float(any(rank <= k for rank in found)) for k in (1, 3, 10)},
    }


def ranks(first: int | None) -> dict[str, float]:
    """The measures where the only relevant document stands at a rank, up to 11."""
    within = first is not None and first <= 10
    return {
        "mrr": 1 / first if within else 0.0,
        "ndcg@10": 1 / math.log2(first + 1) if within else 0.0,
        "map": 1 / first if first else 0.0,
        "recall@10": float(within),
        "success@1": float(first == 1),
        "success@3": float(first in (1, 2, 3)),
        "success@10": float(within),
    }


@pytest.mark.parametrize(
    ("run", "first"),
    [
        (list("zyxwvutsrqa"), 11),  # in falling order of ids, to which trec_eval breaks ties
        (list("bcdefghijka"), 11),  # and in rising order
        (list("bcdefghija"), 10),
        (list("bbbca"), 3),  # a repeated document counts where it stands first
        (list("aba"), 1),
        (list("bcd"), None),
        ([], None),
        (["ü\ud800", "ü\udfff", "ü\x00", "ü\x00\x00", "a"], 5),  # what trec_eval's C code cannot hold
    ],
)
def test_rank_measures_go_by_the_order_alone(run, first):
    assert rank_measures({"q\ud800": run}, {"q\ud800": {"a": 1, "b": 0}}) == {"q\ud800": pytest.approx(ranks(first))}


def test_rank_measures_leave_out_questions_without_relevant_documents_and_count_missing_rankings_as_0():
    qrels = {"found": {"a": 1}, "no run": {"a": 1}, "none relevant": {"a": 0, "b": -1}, "none": {}}
    assert rank_measures({"found": ["a"], "not asked": ["a"], "none": ["a"]}, qrels) == {
        "found": ranks(1),
        "no run": ranks(None),
    }
    assert rank_measures({}, {"q": {"a": 1}}) == {"q": ranks(None)}
    assert rank_measures({}, {}) == {}


def test_rank_measures_bear_any_grade():
    assert rank_measures({"q": ["b", "a"]}, {"q": {"a": 10**30, "c": -(10**30)}}) == {"q": pytest.approx(ranks(2))}


# citations


@pytest.mark.parametrize(
    ("cited", "covered", "all_needed", "scores"),
    [
        # 1 of 2 citations is gold, 1 of 3 gold sentences cited: F1 = 2 * 1/2 * 1/3 / (1/2 + 1/3) = 2/5
        ([True, False], [True, False, False], True, (1 / 2, 1 / 3, 2 / 5)),
        # one of the three is enough: F1 = 2 * 1/2 * 1 / (1/2 + 1) = 2/3
        ([True, False], [True, False, False], False, (1 / 2, 1.0, 2 / 3)),
        ([True, True], [True, True], True, (1.0, 1.0, 1.0)),
        ([False], [False, False], False, (0.0, 0.0, 0.0)),
        ([], [False], True, (0.0, 0.0, 0.0)),
        ([False], [], True, (0.0, 0.0, 0.0)),
        ([], [], False, (0.0, 0.0, 0.0)),
    ],
)
def test_citation_scores(cited, covered, all_needed, scores):
    assert citation_scores(cited, covered, all_needed=all_needed) == pytest.approx(scores)


# refusal and confidence


@pytest.mark.parametrize(
    ("answerable", "refused", "scores"),
    [
        # refused are three, two of them unanswerable; unanswerable are four, two refused; answerable five, one refused
        (
            [False, False, False, False, True, True, True, True, True],
            [True, True, False, False, True, False, False, False, False],
            RefusalScores(precision=2 / 3, recall=2 / 4, answerable_refused=1 / 5),
        ),
        ([True, True], [False, False], RefusalScores(precision=None, recall=None, answerable_refused=0.0)),
        ([False], [True], RefusalScores(precision=1.0, recall=1.0, answerable_refused=None)),
        ([False], [False], RefusalScores(precision=None, recall=0.0, answerable_refused=None)),
        ([], [], RefusalScores(precision=None, recall=None, answerable_refused=None)),
    ],
)
def test_refusal_scores(answerable, refused, scores):
    assert refusal_scores(answerable, refused) == scores


@pytest.mark.parametrize(
    ("positive", "negative", "value"),
    [
        # of 3 * 2 pairs 0.9 wins 2, 0.5 wins one and ties one, 0.1 wins none: (2 + 1.5 + 0) / 6
        ([0.9, 0.5, 0.1], [0.5, 0.2], 3.5 / 6),
        ([0.9, 0.8], [0.1], 1.0),
        ([0.1], [0.8, 0.9], 0.0),
        ([0.5, 0.5], [0.5], 0.5),
        ([], [0.5], None),
        ([0.5], [], None),
    ],
)
def test_auroc(positive, negative, value):
    assert auroc(positive, negative) == pytest.approx(value)


def test_auroc_agrees_with_scikit_learn():
    draw = np.random.default_rng(3)
    for _ in range(20):
        positive, negative = draw.integers(2, 12, size=30) / 10, draw.integers(0, 10, size=50) / 10  # with many ties
        theirs = roc_auc_score([1] * 30 + [0] * 50, [*positive, *negative])
        assert auroc(positive.tolist(), negative.tolist()) == pytest.approx(theirs)


CONFIDENCES = [0.95, 1.0, 0.9, 0.5, 0.55, 0.05]
RIGHT = [True, True, False, True, True, False]


def test_reliability_and_calibration_error_of_a_hand_worked_set():
    assert reliability(CONFIDENCES, RIGHT) == [
        Bin(low=0.0, high=0.1, mean_confidence=0.05, share_right=0.0, count=1),
        Bin(low=0.5, high=0.6, mean_confidence=pytest.approx(0.525), share_right=1.0, count=2),
        Bin(low=0.9, high=1.0, mean_confidence=pytest.approx(0.95), share_right=pytest.approx(2 / 3), count=3),
    ]
    # (1 * 0.05 + 2 * (1 - 0.525) + 3 * (0.95 - 2/3)) / 6
    assert calibration_error(CONFIDENCES, RIGHT) == pytest.approx((0.05 + 0.95 + 0.85) / 6)


def test_reliability_and_calibration_error_take_another_number_of_bins():
    # below 0.5 one with 0.05, from there on five with (0.95 + 1 + 0.9 + 0.5 + 0.55) / 5 = 0.78, of which 4/5 are right
    assert [one.count for one in reliability(CONFIDENCES, RIGHT, bins=2)] == [1, 5]
    assert calibration_error(CONFIDENCES, RIGHT, bins=2) == pytest.approx((0.05 + 5 * 0.02) / 6)


@pytest.mark.parametrize(
    ("confidences", "right", "error"),
    [([1.0, 1.0, 0.0], [True, True, False], 0.0), ([1.0], [False], 1.0), ([0.75] * 4, [True] * 3 + [False], 0.0)],
)
def test_calibration_error_at_its_ends(confidences, right, error):
    assert calibration_error(confidences, right) == error


@pytest.mark.parametrize(
    ("confidences", "right", "points", "area"),
    [
        # answered one by one: right, wrong, right
        ([0.9, 0.2, 0.5], [True, True, False], [(1 / 3, 0.0), (2 / 3, 1 / 2), (1.0, 1 / 3)], (0 + 1 / 2 + 1 / 3) / 3),
        # the two of 0.5 enter together: coverage goes from 1/4 to 3/4, where 1 of 3 is wrong
        (
            [0.5, 0.9, 0.5, 0.1],
            [False, True, True, False],
            [(1 / 4, 0.0), (3 / 4, 1 / 3), (1.0, 2 / 4)],
            0 / 4 + 1 / 3 / 2 + 2 / 4 / 4,
        ),
        ([0.5, 0.5], [True, False], [(1.0, 0.5)], 0.5),
        ([0.7], [True], [(1.0, 0.0)], 0.0),
        ([], [], [], None),
    ],
)
def test_risk_coverage_and_its_area(confidences, right, points, area):
    assert [pytest.approx(point) for point in points] == risk_coverage(confidences, right)
    assert aurc(confidences, right) == pytest.approx(area)


def test_aurc_without_equal_confidences_is_the_mean_risk_over_all_prefixes():
    draw = random.Random(5)
    confidences = [draw.random() for _ in range(60)]
    right = [draw.random() < confidence for confidence in confidences]
    ordered = [verdict for _, verdict in sorted(zip(confidences, right, strict=True), reverse=True)]
    risks = [1 - sum(ordered[:count]) / count for count in range(1, 61)]
    assert aurc(confidences, right) == pytest.approx(sum(risks) / 60)


@pytest.mark.parametrize("measure", [reliability, calibration_error, risk_coverage, aurc])
def test_confidence_measures_refuse_lists_of_different_lengths(measure):
    with pytest.raises(ValueError, match="2 confidences, but 1 verdicts"):
        measure([0.1, 0.2], [True])


def test_confidence_measures_of_nothing():
    assert reliability([], []) == []
    assert calibration_error([], []) is None


# speed


@pytest.mark.parametrize(
    ("seconds", "share", "value"),
    [
        ([4.0, 1.0, 3.0, 2.0], 0.5, 2.5),
        ([4.0, 1.0, 3.0, 2.0], 0.95, 3.85),  # place 0.95 * 3 = 2.85 from 0, between 3 and 4
        ([4.0, 1.0, 3.0, 2.0], 0.0, 1.0),
        ([4.0, 1.0, 3.0, 2.0], 1.0, 4.0),
        ([7.0], 0.95, 7.0),
        ([], 0.5, None),
    ],
)
def test_percentile(seconds, share, value):
    assert percentile(seconds, share) == pytest.approx(value)
