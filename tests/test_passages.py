from itertools import pairwise

import pytest

from index.passages import make_passages
from index.types import Passage, Sentence


def sentences(count):
    return [Sentence("a", 10 * i, 10 * i + 9, f"Satz {i:03}.") for i in range(count)]


@pytest.mark.parametrize(
    ("lengths", "aim", "overlap", "runs"),
    [
        ([], 10, 3, []),
        ([4], 10, 3, [[0]]),
        ([5, 5], 10, 3, [[0, 1]]),
        ([4, 4, 4, 4], 8, 0, [[0, 1], [2, 3]]),
        ([4, 4, 2, 4, 4], 10, 2, [[0, 1, 2], [2, 3, 4]]),
        ([4, 4, 2, 4, 4], 10, 1, [[0, 1, 2], [3, 4]]),
        ([2, 2, 2, 2, 2], 6, 4, [[0, 1, 2], [1, 2, 3], [2, 3, 4]]),
        ([30], 10, 3, [[0]]),  # longer than a passage: never cut
        ([2, 30, 2], 10, 3, [[0], [1], [2]]),
        ([4, 2, 9], 10, 2, [[0, 1], [2]]),  # no passage that only repeats
        ([1, 1, 1], 10, 100, [[0, 1, 2]]),
        ([9, 9, 9], 10, 100, [[0], [1], [2]]),
    ],
)
def test_make_passages_cuts_at_sentences(lengths, aim, overlap, runs):
    given = sentences(len(lengths))
    expected = [
        Passage("a", given[run[0]].start, given[run[-1]].end, tuple(given[number] for number in run)) for run in runs
    ]
    assert make_passages(given, lengths, aim=aim, overlap=overlap) == expected


@pytest.mark.parametrize("overlap", [0, 3, 7, 50])
def test_make_passages_leave_nothing_out_and_always_go_on(overlap):
    lengths = [(7 * i) % 11 + 1 for i in range(60)]
    given = sentences(60)
    runs = [
        [given.index(sentence) for sentence in passage.sentences]
        for passage in make_passages(given, lengths, aim=20, overlap=overlap)
    ]
    assert sorted({number for run in runs for number in run}) == list(range(60))
    for before, after in pairwise(runs):
        assert after[0] > before[0]
        assert after[-1] > before[-1]
        assert sum(lengths[number] for number in set(before) & set(after)) <= overlap
    assert all(sum(lengths[number] for number in run) <= 20 for run in runs)
