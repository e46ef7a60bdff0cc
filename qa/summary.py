"""Words evaluations and comparisons for a terminal."""

from collections import Counter
from collections.abc import Iterable, Mapping

from qa.results import MEASURES, Comparison, Difference, Estimate, Evaluation, Outcome, Scored

_OUTCOMES = {
    Outcome.RIGHT: "right",
    Outcome.LATER: "right, but not cited first",
    Outcome.REFUSED_RIGHTLY: "rightly refused",
    Outcome.REFUSED: "refused although answerable",
    Outcome.WRONG: "wrong",
    Outcome.SHOULD_REFUSE: "answered although unanswerable",
    Outcome.FAILED: "failed",
    Outcome.UNJUDGED: "not judged",
}
_SIGNIFICANT = 0.05


def evaluation_text(evaluation: Evaluation) -> str:
    """What became of the questions, and every measure with its interval and count."""
    counts = Counter(one.outcome for one in evaluation.scored)
    outcomes = ", ".join(f"{counts[outcome]} {words}" for outcome, words in _OUTCOMES.items() if counts[outcome])
    rows = [_estimate_row(name, estimate) for name, estimate in evaluation.measures.items()]
    return "\n".join([f"{len(evaluation.scored)} questions: {outcomes}", "", *_table(_HEAD, rows)])


def comparison_text(comparison: Comparison) -> str:
    """Every measure in both runs with its change, then the questions whose outcome changed."""
    rows = [_difference_row(name, difference) for name, difference in comparison.differences.items()]
    lines = [f"{comparison.questions} questions in both runs"]
    lines += [f"  {key}: {_short(one)} -> {_short(other)}" for key, (one, other) in comparison.differing.items()]
    lines += ["", *_table(_DIFFERENCE_HEAD, rows), ""]
    lines.append("* p below 0.05 after correction for the number of measures (Holm)")
    for words, pairs in (("better", comparison.better), ("worse", comparison.worse)):
        lines += ["", f"{len(pairs)} questions became {words}" + (":" if pairs else ".")]
        lines += [_changed(first, second) for first, second in pairs]
    if comparison.unpaired:
        lines += ["", f"{len(comparison.unpaired)} questions stand in one run only: {', '.join(comparison.unpaired)}"]
    return "\n".join(lines)


_HEAD = ("", "value", "95 % interval", "questions")
_LONGEST_VALUE = 40
_DIFFERENCE_HEAD = ("", "first", "second", "change", "95 % interval", "p", "corrected", "questions")


def _estimate_row(name: str, one: Estimate) -> tuple[str, ...]:
    return (name, _number(one.value), f"{_number(one.low)} to {_number(one.high)}", str(one.count))


def _difference_row(name: str, one: Difference) -> tuple[str, ...]:
    mark = " *" if one.corrected is not None and one.corrected < _SIGNIFICANT else ""
    return (
        name,
        _number(one.first),
        _number(one.second),
        f"{one.change:+.3f}{mark}",
        f"{one.low:+.3f} to {one.high:+.3f}",
        "" if one.p is None else _number(one.p),
        "" if one.corrected is None else _number(one.corrected),
        str(one.count),
    )


def _changed(first: Scored, second: Scored) -> str:
    question = " ".join(first.question.text.split())
    return f"  {first.question.id}: {_OUTCOMES[first.outcome]} -> {_OUTCOMES[second.outcome]}: {question}"


def _short(value: object) -> str:
    """A value of a run; of a checksum the beginning."""
    text = str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:12]}…"


def _number(value: float) -> str:
    return f"{value:.3f}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """The rows with their columns below each other: the first to the left, the others to the right."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def missed(measures: Mapping[str, Estimate], bars: Iterable[tuple[str, float]]) -> list[str]:
    """A line for each measure that is not as good as it has to be; one that was not measured is one of them."""
    lines = []
    for name, bar in bars:
        more_is_better = MEASURES[name]
        if name not in measures:
            lines.append(f"{name} was not measured: no question of the file lets it be")
        elif (measures[name].value < bar) if more_is_better else (measures[name].value > bar):
            side = "below" if more_is_better else "above"
            lines.append(f"{name} is {_number(measures[name].value)}, {side} {bar:g}")
    return lines
