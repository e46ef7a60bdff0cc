"""Compares two evaluations of the same questions: `compare`."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.errors import InputInvalid
from qa import uncertainty
from qa.evaluation import OVERALL, Columns, Overall, clusters_of
from qa.evaluation_folder import EvaluationFolder
from qa.results import MEASURES, Comparison, Difference, Evaluation, Outcome, Scored

Pair = tuple[Scored, Scored]
Rows = npt.NDArray[np.int64]
_ORDER = list(Outcome)
_ALWAYS_DIFFERENT = ("started", "questions.name", "index.name")


def compare(first: Path | str, second: Path | str) -> Comparison:
    """Compare the evaluations in two folders.

    Raises InputInvalid where a folder holds no evaluation, or the two have no question in common.
    """
    comparison = compared(EvaluationFolder(Path(first)).read(), EvaluationFolder(Path(second)).read())
    if not comparison.questions:
        raise InputInvalid(f"{first} and {second} have no question in common; compare runs over the same questions")
    return comparison


def compared(first: Evaluation, second: Evaluation) -> Comparison:
    """Two evaluations side by side, over the questions that both have: those of the same id and wording.

    A measure's change has a 95 % bootstrap interval, and where it is a mean over questions the p of a paired
    randomisation test, which is also told corrected for the number of measures tested.
    """
    others = {(one.question.id, one.question.text): one for one in second.scored}
    pairs = [
        (one, others[one.question.id, one.question.text])
        for one in first.scored
        if (one.question.id, one.question.text) in others
    ]
    differences = _differences(pairs)
    corrected = uncertainty.holm({name: one.p for name, one in differences.items() if one.p is not None})
    both = {one.question.id for one, _ in pairs}
    return Comparison(
        questions=len(pairs),
        differing=_differing(first.run, second.run),
        differences={
            name: replace(differences[name], corrected=corrected.get(name)) for name in MEASURES if name in differences
        },
        better=tuple(pair for pair in pairs if _rank(pair[1]) < _rank(pair[0])),
        worse=tuple(pair for pair in pairs if _rank(pair[1]) > _rank(pair[0])),
        unpaired=tuple(
            dict.fromkeys(one.question.id for one in (*first.scored, *second.scored) if one.question.id not in both)
        ),
    )


def _differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, tuple[object, object]]:
    """What is not the same in what was run, the settings one by one."""
    one, other = _flat(first), _flat(second)
    keys = [key for key in {**one, **other} if key not in _ALWAYS_DIFFERENT]
    return {key: (one.get(key), other.get(key)) for key in keys if one.get(key) != other.get(key)}


def _flat(run: Mapping[str, Any]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in run.items():
        flat |= {f"{key}.{part}": told for part, told in value.items()} if isinstance(value, Mapping) else {key: value}
    return flat


def _rank(one: Scored) -> int:
    return _ORDER.index(one.outcome)


def _differences(pairs: list[Pair]) -> dict[str, Difference]:
    found: dict[str, Difference] = {}
    clusters = clusters_of([one for one, _ in pairs])
    for name in MEASURES:
        having = [number for number, (a, b) in enumerate(pairs) if name in a.values and name in b.values]
        if having:
            before = np.array([pairs[number][0].values[name] for number in having])
            after = np.array([pairs[number][1].values[name] for number in having])
            kept = [clusters[number] for number in having]
            low, high = uncertainty.bootstrap_mean(after - before, kept)
            found[name] = Difference(
                first=float(before.mean()),
                second=float(after.mean()),
                change=float(after.mean() - before.mean()),
                low=low,
                high=high,
                p=uncertainty.paired_randomisation(before, after, kept),
                corrected=None,
                count=len(having),
            )
    return found | _differences_overall(pairs, clusters)


def _differences_overall(pairs: list[Pair], clusters: list[str]) -> dict[str, Difference]:
    """The differences of measures that look at all questions at once."""
    found: dict[str, Difference] = {}
    before, after = Columns.of([one for one, _ in pairs]), Columns.of([one for _, one in pairs])
    for name, measure in OVERALL.items():
        first, second = measure.of(before), measure.of(after)
        if first is None or second is None:
            continue

        def change(rows: Rows, measure: Overall = measure) -> float | None:
            then, now = measure.at(before, rows), measure.at(after, rows)
            return None if then is None or now is None else now - then

        low, high = uncertainty.bootstrap(clusters, change)
        count = int((measure.which(before) | measure.which(after)).sum())
        found[name] = Difference(first, second, second - first, low, high, p=None, corrected=None, count=count)
    return found
