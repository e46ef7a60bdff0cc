import json
from dataclasses import replace

import pytest
from scipy import stats

from index.errors import InputInvalid
from qa.__main__ import main
from qa.comparison import compare, compared
from qa.evaluation import estimates, evaluate, grouped
from qa.evaluation_folder import comparison_object
from qa.question_files import Question
from qa.results import Evaluation, Outcome, Scored
from qa.summary import comparison_text


def scored(number: int, outcome: Outcome, *, text: str = "", confidence: float = 0.5, **values: float) -> Scored:
    return Scored(
        question=Question(f"q{number}", text or f"Frage {number}?", answerable=True),
        answer={"abstained": False, "confidence": confidence, "seconds": 0.1, "conflict": None},
        gold=(),
        outcome=outcome,
        values=values,
        groups={},
        right=outcome is Outcome.RIGHT,
    )


def evaluation(*rows: Scored) -> Evaluation:
    return Evaluation(run={}, measures=estimates(rows), groups=grouped(rows), scored=rows, faults=())


def test_compared_pairs_questions_and_tells_what_changed_both_ways():
    first = evaluation(
        scored(1, Outcome.RIGHT, first_citation=1.0),
        scored(2, Outcome.WRONG, first_citation=0.0),
        scored(3, Outcome.RIGHT, first_citation=1.0),
        scored(4, Outcome.RIGHT, first_citation=1.0),
    )
    second = evaluation(
        scored(3, Outcome.LATER, first_citation=0.0),
        scored(2, Outcome.RIGHT, first_citation=1.0),
        scored(1, Outcome.RIGHT, first_citation=1.0),
        scored(4, Outcome.RIGHT, text="Eine andere Frage?", first_citation=1.0),
        scored(5, Outcome.RIGHT, first_citation=1.0),
    )
    found = compared(first, second)
    assert found.questions == 3
    assert [(a.question.id, a.outcome, b.outcome) for a, b in found.better] == [("q2", Outcome.WRONG, Outcome.RIGHT)]
    assert [(a.question.id, a.outcome, b.outcome) for a, b in found.worse] == [("q3", Outcome.RIGHT, Outcome.LATER)]
    assert found.unpaired == ("q4", "q5")
    change = found.differences["first_citation"]
    assert (change.first, change.second, change.change, change.count) == (2 / 3, 2 / 3, 0.0, 3)


def test_compared_tests_means_as_scipy_does():
    values = [(0.2, 0.9), (0.1, 0.4), (0.5, 0.5), (0.3, 0.8), (0.6, 0.7), (0.2, 0.1), (0.4, 0.9), (0.1, 0.8)]
    first = evaluation(*(scored(n, Outcome.RIGHT, f1=before) for n, (before, _) in enumerate(values)))
    second = evaluation(*(scored(n, Outcome.RIGHT, f1=after) for n, (_, after) in enumerate(values)))
    before, after = zip(*values, strict=True)
    expected = stats.permutation_test(
        (after, before), lambda a, b, axis: (a - b).mean(axis=axis), permutation_type="samples", vectorized=True
    )
    change = compared(first, second).differences["f1"]
    assert change.p == pytest.approx(expected.pvalue, abs=1e-9)  # few enough pairs to go through all 256 ways
    assert change.low < change.change < change.high


def test_compared_corrects_for_the_number_of_measures():
    def rows(shift: float):
        return (scored(n, Outcome.RIGHT, f1=n / 20 + shift, exact_match=n / 20 + shift) for n in range(10))

    found = compared(evaluation(*rows(0.0)), evaluation(*rows(0.2))).differences
    assert found["f1"].p == pytest.approx(2 / 2**10)
    assert found["f1"].corrected == pytest.approx(2 * 2 / 2**10)
    assert found["seconds_p50"].p is found["seconds_p50"].corrected is None


def test_compared_tells_what_differs_in_what_was_run():
    rows = [scored(n, Outcome.RIGHT, f1=0.5) for n in range(2)]
    run = {"reader": "trained 12ab", "settings": {"read": 6, "passages": 10}, "started": "2025-01-01", "workers": 1}
    other = {**run, "reader": "none", "settings": {"read": 10, "passages": 10}, "started": "2025-01-02"}
    found = compared(*(replace(evaluation(*rows), run=one) for one in (run, other)))
    assert found.differing == {"reader": ("trained 12ab", "none"), "settings.read": (6, 10)}
    assert "  reader: trained 12ab -> none\n  settings.read: 6 -> 10\n" in comparison_text(found)
    assert comparison_object(found)["differing"] == {"reader": ["trained 12ab", "none"], "settings.read": [6, 10]}


def test_compared_with_itself_changes_nothing():
    run = evaluation(*(scored(n, Outcome.RIGHT, f1=n / 10) for n in range(10)))
    found = compared(run, run)
    assert {(one.change, one.low, one.high) for one in found.differences.values()} == {(0.0, 0.0, 0.0)}
    assert found.differences["f1"].p == 1.0
    assert found.better == found.worse == found.unpaired == ()


def test_comparison_text_marks_what_is_significant_and_names_changed_questions():
    first = evaluation(*(scored(n, Outcome.WRONG, first_citation=0.0) for n in range(12)))
    second = evaluation(*(scored(n, Outcome.RIGHT, first_citation=1.0) for n in range(12)))
    text = comparison_text(compared(first, second))
    [line] = [line for line in text.splitlines() if line.startswith("first_citation")]
    assert line.split()[:5] == ["first_citation", "0.000", "1.000", "+1.000", "*"]
    assert "12 questions became better:" in text
    assert "  q3: wrong -> right: Frage 3?" in text
    assert "0 questions became worse." in text


@pytest.fixture
def two_runs(sample_index, tmp_path):
    """The same few questions answered normally and strictly."""
    path = tmp_path / "few.jsonl"
    questions = [
        {"id": "a", "question": "Wer hat Dubrowez eingenommen?", "answers": ["Die tarvonische Armee"]},
        {"id": "b", "question": "Wie viele Beine hat ein Walfisch?", "answerable": False},
    ]
    path.write_text("".join(json.dumps(one) + "\n" for one in questions), encoding="utf-8")
    for refusal in ("generous", "strict"):
        evaluate(sample_index.folder, path, tmp_path / refusal, reader="none", refusal=refusal)
    return str(tmp_path / "generous"), str(tmp_path / "strict")


def test_compare_command_prints_a_table_or_json(two_runs, capsys):
    assert main(["compare", *two_runs]) == 0
    assert capsys.readouterr().out.startswith("2 questions in both runs\n")
    assert main(["compare", *two_runs, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["questions"] == 2
    assert told["measures"]["f1"].keys() == {"first", "second", "change", "low", "high", "p", "corrected", "count"}
    assert told["measures"].keys() == compare(*two_runs).differences.keys()


def test_compare_refuses_folders_without_evaluations_or_common_questions(two_runs, sample_index, tmp_path):
    with pytest.raises(InputInvalid, match="holds no evaluation; make one with"):
        compare(two_runs[0], tmp_path / "nowhere")
    other = tmp_path / "other.jsonl"
    other.write_text('{"id": "z", "question": "Wer?"}\n')
    evaluate(sample_index.folder, other, tmp_path / "other", reader="none")
    with pytest.raises(InputInvalid, match="have no question in common"):
        compare(two_runs[0], tmp_path / "other")
