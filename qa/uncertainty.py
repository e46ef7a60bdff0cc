"""How sure a measure is: bootstrap intervals, paired randomisation tests and the correction for many of them."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

_NORMAL = 1.959964  # between plus and minus this lie 95 % of a normal distribution
_INTERVAL = (0.025, 0.975)  # between these shares of the samples lies the 95 % interval
_BATCH = 100  # samples of a randomisation test that are held in memory at once

Numbers = Sequence[float] | NDArray[np.float64]


def bootstrap(
    clusters: Sequence[str],
    statistic: Callable[[NDArray[np.int64]], float | None],
    *,
    samples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """The 95 % percentile interval of a statistic of questions, whole clusters drawn with replacement.

    `clusters` names the cluster of each question, such as its article: what goes wrong with one question about an
    article goes wrong with others, so questions are not drawn one by one (Field & Welsh 2007; for the percentile
    interval Efron & Tibshirani 1993). The statistic gets the numbers of the questions drawn, as often as they were
    drawn; samples of which it gives None are left out. For the interval of a difference between two runs let it
    subtract: both are then measured on the same questions. Equal input and seed give equal intervals.

    Rivals draw questions, which is too narrow where clusters agree, or correct for bias and skewness (BCa). Raises
    ValueError where there is no question, or the statistic gives None every time.
    """
    numbers, members = _members(clusters)
    values = (
        statistic(np.concatenate([members[number] for number in draw]))
        for draw in _draws(len(members), samples=samples, seed=seed)
    )
    known = [value for value in values if value is not None]
    if not known:
        raise ValueError(f"the statistic of {len(numbers)} questions is undefined in all {samples} samples")
    return _interval(known)


def bootstrap_mean(
    values: Numbers, clusters: Sequence[str], *, samples: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """The same as `bootstrap` with the mean of the values for a statistic, from the same samples, but fast.

    Raises ValueError where there is no value.
    """
    numbers, members = _members(clusters)
    counts = np.bincount(numbers)
    sums = np.bincount(numbers, weights=np.asarray(values, dtype=float))
    draws = _draws(len(members), samples=samples, seed=seed)
    return _interval(sums[draws].sum(axis=1) / counts[draws].sum(axis=1))


def share_interval(values: Numbers, clusters: Sequence[str]) -> tuple[float, float]:
    """The 95 % interval of a mean of values from 0 to 1: `bootstrap_mean`, or Wilson's where all are 0 or all are 1.

    Samples of equal values are all the same, and an interval without width would claim certainty. Wilson's (1927) takes
    each cluster for one trial, or each question where there is but one cluster. Raises ValueError for no values.
    """
    mean = float(np.mean(values)) if len(values) else 0.5
    if mean not in (0.0, 1.0):
        return bootstrap_mean(values, clusters)
    trials = len(_members(clusters)[1])
    reach = _NORMAL**2 / (trials + _NORMAL**2)
    return (0.0, reach) if mean == 0.0 else (1.0 - reach, 1.0)


def paired_randomisation(
    first: Numbers, second: Numbers, clusters: Sequence[str] | None = None, *, samples: int = 10_000, seed: int = 0
) -> float:
    """The two-sided p of a difference between two runs' means over the same questions, above 0 and up to 1.

    How often a mean difference as large arises where the two values of each question are exchanged at random (Fisher's
    randomisation test; Smucker, Allan & Carterette 2007 recommend it for retrieval); those of a cluster, such as the
    questions about one article, together, since they may agree. With so few clusters that all 2 ** n exchanges are no
    more than `samples`, all are counted and p is exact. One pair, none, or equal ones give 1.

    Rivals: the t-test and the Wilcoxon test, which assume more about the differences; exchanging question by question
    (no `clusters`), which gives too small a p where clusters agree.
    """
    from scipy.stats import permutation_test  # type: ignore[import-untyped]

    changes = np.array([b - a for a, b in zip(first, second, strict=True)], dtype=float)
    if clusters:
        changes = np.bincount(_members(clusters)[0], weights=changes)
    if len(changes) < 2 or not changes.any():  # SciPy takes no single pair, and equal ones need no samples
        return 1.0
    # Exchanging the values of a pair turns the sign of their difference, which is what SciPy does with one set.
    test = permutation_test(
        (changes,),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=samples,
        batch=_BATCH,
        rng=np.random.default_rng(seed),
    )
    return float(test.pvalue)


def holm(ps: Mapping[str, float]) -> dict[str, float]:
    """P values corrected for their number (Holm 1979), in the order given; none falls, and none exceeds 1.

    The chance of even one false alarm among all is kept, whatever hangs together. The smallest p is multiplied by the
    number of tests, the next by one less and so on; none may fall below the one before. Rivals: Bonferroni multiplies
    all by the number of tests and never finds more; Benjamini & Hochberg 1995 limit the share of false alarms instead.
    """
    corrected: dict[str, float] = {}
    highest = 0.0
    for rank, name in enumerate(sorted(ps, key=lambda name: ps[name])):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[name]))
        corrected[name] = highest
    return {name: corrected[name] for name in ps}


def _members(clusters: Sequence[str]) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    """For each question the number of its cluster, and for each cluster the numbers of its questions."""
    if not clusters:
        raise ValueError("there are no questions to draw from")
    known = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    numbers = np.array([known[name] for name in clusters], dtype=np.int64)
    if len(known) == 1:  # one cluster, drawn again and again, would tell nothing of how much the questions differ
        numbers = np.arange(len(clusters))
    order = np.argsort(numbers, kind="stable")
    return numbers, np.split(order, np.cumsum(np.bincount(numbers))[:-1])


def _draws(count: int, *, samples: int, seed: int) -> NDArray[np.int64]:
    """A row for each sample: as many numbers of clusters as there are clusters."""
    return np.random.default_rng(seed).integers(count, size=(samples, count))


def _interval(values: Numbers) -> tuple[float, float]:
    low, high = np.quantile(values, _INTERVAL)
    return float(low), float(high)
