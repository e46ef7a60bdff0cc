import itertools

import numpy as np
import pytest
import scipy.stats

from qa.uncertainty import bootstrap, bootstrap_mean, holm, paired_randomisation, share_interval


def mean_of(values):
    values = np.asarray(values, dtype=float)
    return lambda rows: float(values[rows].mean())


# intervals


def test_bootstrap_draws_whole_clusters_with_replacement():
    drawn = []
    bootstrap(["a", "b", "a"], lambda rows: drawn.append(rows.tolist()) or 0.0, samples=200)
    # two clusters a time: a and a, b and b, or one of each in either order
    assert {tuple(sorted(rows)) for rows in drawn} == {(0, 0, 2, 2), (1, 1), (0, 1, 2)}
    assert len(drawn) == 200


def test_bootstrap_of_two_questions_spans_both():
    # a mean of 0 and one of 1 each come in a quarter of the samples, so the 2.5th and 97.5th percentiles are those
    assert bootstrap(["a", "b"], mean_of([0, 1])) == (0.0, 1.0)
    assert bootstrap_mean([0, 1], ["a", "b"]) == (0.0, 1.0)


def test_bootstrap_of_one_cluster_draws_its_questions():
    assert bootstrap(["a", "a"], mean_of([0, 1])) == (0.0, 1.0)
    assert bootstrap_mean([0, 1], ["a", "a"]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("values", "clusters", "interval"),
    [
        ([1.0] * 4, ["a", "b", "c", "d"], (4 / (4 + 1.96**2), 1.0)),
        ([1.0] * 4, ["a", "a", "b", "b"], (2 / (2 + 1.96**2), 1.0)),
        ([0.0] * 3, ["a", "a", "a"], (0.0, 1.96**2 / (3 + 1.96**2))),
        ([0.0, 1.0], ["a", "b"], (0.0, 1.0)),
    ],
)
def test_share_interval_has_a_width_where_all_values_are_alike(values, clusters, interval):
    assert share_interval(values, clusters) == pytest.approx(interval, abs=1e-4)


def test_bootstrap_leaves_out_samples_where_the_statistic_is_undefined():
    def defined_where_both_are_drawn(rows):
        return float(rows.mean()) if set(rows.tolist()) == {0, 1} else None

    assert bootstrap(["a", "b"], defined_where_both_are_drawn) == (0.5, 0.5)


def test_bootstrap_refuses_what_has_no_interval():
    with pytest.raises(ValueError, match="the statistic of 2 questions is undefined in all 50 samples"):
        bootstrap(["a", "b"], lambda rows: None, samples=50)
    with pytest.raises(ValueError, match="there are no questions to draw from"):
        bootstrap([], lambda rows: 0.0)
    with pytest.raises(ValueError, match="there are no questions to draw from"):
        bootstrap_mean([], [])


def test_bootstrap_refuses_values_that_do_not_fit_the_clusters():
    with pytest.raises(ValueError, match="length"):
        bootstrap_mean([0.5], ["a", "b"])


def clustered(draw: np.random.Generator, *, clusters: int, size: int) -> tuple[list[float], list[str]]:
    """Right and wrong answers; those of one cluster agree for the most part. 0.6 are right on average."""
    shares = draw.beta(0.6, 0.4, size=clusters)
    values = (draw.random((clusters, size)) < shares[:, None]).astype(float)
    return values.ravel().tolist(), [f"article {number}" for number in range(clusters) for _ in range(size)]


def test_bootstrap_of_a_mean_is_the_same_on_both_paths():
    draw = np.random.default_rng(1)
    values, clusters = draw.random(40).tolist(), [f"article {number}" for number in draw.integers(9, size=40)]
    assert bootstrap_mean(values, clusters) == pytest.approx(bootstrap(clusters, mean_of(values)))
    assert bootstrap_mean(values, clusters, samples=77, seed=5) == pytest.approx(
        bootstrap(clusters, mean_of(values), samples=77, seed=5)
    )


def test_bootstrap_gives_the_same_for_a_seed():
    values, clusters = clustered(np.random.default_rng(2), clusters=15, size=3)
    values = [value + number / 100 for number, value in enumerate(values)]
    assert bootstrap_mean(values, clusters, seed=4) == bootstrap_mean(values, clusters, seed=4)
    assert bootstrap_mean(values, clusters, seed=4) != bootstrap_mean(values, clusters, seed=5)


@pytest.mark.parametrize("statistic", [np.mean, np.std])
def test_bootstrap_agrees_with_scipy_where_each_question_is_its_own_cluster(statistic):
    values = np.random.default_rng(3).gamma(2.0, size=80)
    theirs = scipy.stats.bootstrap(
        (values,), statistic, n_resamples=4000, method="percentile", rng=np.random.default_rng(9)
    ).confidence_interval
    mine = bootstrap([str(n) for n in range(80)], lambda rows: float(statistic(values[rows])), samples=4000)
    assert mine == pytest.approx((theirs.low, theirs.high), abs=0.03)  # intervals are about 0.6 wide


def test_bootstrap_is_wider_where_the_questions_of_a_cluster_agree():
    # 40 articles with 5 questions each, all five right or all wrong: as good as 40 questions, so wider by the root of 5
    values = [float(article % 2) for article in range(40) for _ in range(5)]
    low, high = bootstrap_mean(values, [str(number // 5) for number in range(200)], samples=4000)
    narrow_low, narrow_high = bootstrap_mean(values, [str(number) for number in range(200)], samples=4000)
    assert (high - low) / (narrow_high - narrow_low) == pytest.approx(5**0.5, rel=0.1)


def test_bootstrap_covers_the_truth_in_about_95_of_100_cases_and_only_by_clusters():
    draw = np.random.default_rng(4)
    by_cluster = by_question = 0
    for seed in range(400):
        values, clusters = clustered(draw, clusters=40, size=4)
        low, high = bootstrap_mean(values, clusters, samples=300, seed=seed)
        by_cluster += low <= 0.6 <= high
        low, high = bootstrap_mean(values, [str(number) for number in range(160)], samples=300, seed=seed)
        by_question += low <= 0.6 <= high
    assert 0.91 <= by_cluster / 400 <= 0.98
    assert by_question / 400 < 0.85


def test_bootstrap_of_a_difference_keeps_the_questions_paired():
    first = np.random.default_rng(6).random(30)
    second = first + 0.25
    clusters = [str(number // 3) for number in range(30)]
    interval = bootstrap(clusters, lambda rows: float(second[rows].mean() - first[rows].mean()))
    assert interval == pytest.approx((0.25, 0.25))


# tests


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        # all three rise: of 8 ways to turn the signs one is as high, one as low
        ([0.1, 0.2, 0.3], [0.4, 0.9, 0.5], 2 / 8),
        # changes 3, 1, -1 of sum 3: the sums are 5, 3, 3, 1 and the same below 0; 3 of 8 are as high as theirs
        ([0.0, 0.0, 1.0], [3.0, 1.0, 0.0], 6 / 8),
        # changes 1 and -1 cancel out
        ([0.0, 1.0], [1.0, 0.0], 1.0),
        ([0.0], [1.0], 1.0),
        ([0.3, 0.7], [0.3, 0.7], 1.0),
        ([0.3] * 50, [0.3] * 50, 1.0),
        ([], [], 1.0),
    ],
)
def test_paired_randomisation_of_few_pairs_is_exact(first, second, p):
    assert paired_randomisation(first, second) == pytest.approx(p)
    assert paired_randomisation(second, first) == pytest.approx(p)


def test_paired_randomisation_agrees_with_counting_all_exchanges():
    draw = np.random.default_rng(8)
    for _ in range(5):
        first, second = draw.integers(0, 5, size=10) / 4, draw.integers(1, 6, size=10) / 4
        changes = second - first
        sums = np.array([changes @ signs for signs in itertools.product([1, -1], repeat=10)])
        tail = min((sums >= changes.sum() - 1e-9).mean(), (sums <= changes.sum() + 1e-9).mean())
        assert paired_randomisation(first.tolist(), second.tolist()) == pytest.approx(min(1, 2 * tail))


def test_paired_randomisation_agrees_with_scipy_on_both_runs():
    draw = np.random.default_rng(10)
    first = draw.random(60)
    second = first + draw.normal(0.04, 0.15, size=60)
    theirs = scipy.stats.permutation_test(
        (second, first),
        lambda one, other, axis: np.mean(one, axis=axis) - np.mean(other, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=3000,
        rng=np.random.default_rng(12),
    )
    mine = paired_randomisation(first.tolist(), second.tolist(), samples=3000, seed=12)
    assert 0.001 < mine < 0.5
    assert mine == pytest.approx(theirs.pvalue)


def test_paired_randomisation_exchanges_whole_clusters():
    first, second = [0.0] * 6, [1.0, 1.0, 1.0, 1.0, 0.0, 1.0]
    # question by question 5 changes of 5 point one way: 2 of 2 ** 5 exchanges; three clusters do so in 2 of 2 ** 3
    assert paired_randomisation(first, second) == pytest.approx(2 / 32)
    assert paired_randomisation(first, second, ["a", "a", "b", "b", "c", "c"]) == pytest.approx(2 / 8)
    assert paired_randomisation(first, second, list("abcdef")) == pytest.approx(2 / 32)
    # one cluster tells nothing of how much questions differ, so its questions count alone
    assert paired_randomisation(first, second, ["a"] * 6) == pytest.approx(2 / 32)


def test_paired_randomisation_of_many_pairs_gives_the_same_for_a_seed():
    draw = np.random.default_rng(13)
    first, second = draw.random(50).tolist(), draw.random(50).tolist()
    assert paired_randomisation(first, second, samples=500) == paired_randomisation(first, second, samples=500)
    assert paired_randomisation(first, second, samples=500) != paired_randomisation(first, second, samples=500, seed=1)


def test_paired_randomisation_is_never_0():
    # the pairs as they are count among the samples
    assert paired_randomisation([0.0] * 50, [1.0] * 50, samples=999) == pytest.approx(2 / 1000)


def test_paired_randomisation_refuses_runs_of_different_lengths():
    with pytest.raises(ValueError, match="shorter"):
        paired_randomisation([0.5, 0.5], [0.5])


@pytest.mark.parametrize(
    ("ps", "corrected"),
    [
        # in order: 0.005 * 4, 0.01 * 3, 0.03 * 2, and 0.04 * 1, which may not fall below the one before
        (
            {"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005},
            {"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02},
        ),
        ({"a": 0.6, "b": 0.7}, {"a": 1.0, "b": 1.0}),
        ({"a": 0.02, "b": 0.02}, {"a": 0.04, "b": 0.04}),
        ({"a": 0.3}, {"a": 0.3}),
        ({}, {}),
    ],
)
def test_holm(ps, corrected):
    found = holm(ps)
    assert found == pytest.approx(corrected)
    assert list(found) == list(ps)
