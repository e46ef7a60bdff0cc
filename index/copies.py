"""Finds near copies: one agency text in several outlets; the one home of datasketch.

Two articles are near copies if they share at least half of their runs of five words, estimated by MinHash (Broder
1997). Candidates come from locality-sensitive hashing: the signature is cut into bands, and only articles that agree
in a whole band are compared. The catalogue keeps signatures, bands and pairs, so an addition costs what is added.
"""

from datasketch import MinHash

from index.analysis import terms

LEAST_SHARED = 0.5  # estimated Jaccard similarity
_RUN = 5  # terms
_PERMUTATIONS = 128
_ROWS = 4  # hash values a band: 32 bands find pairs at 0.5 with a probability of 87 %, at 0.7 with 99.99 %
_SHORTEST = 8  # runs; shorter texts are alike by chance


def signature(text: str) -> bytes | None:
    """The MinHash signature of a text; None where it is too short to be told from others."""
    words = terms(text)
    runs = {" ".join(words[start : start + _RUN]).encode() for start in range(len(words) - _RUN + 1)}
    if len(runs) < _SHORTEST:
        return None
    sketch = MinHash(num_perm=_PERMUTATIONS, seed=1)
    sketch.update_batch(sorted(runs))
    return bytes(sketch.hashvalues.astype("<u4").tobytes())


def bands(of: bytes) -> list[bytes]:
    """The bands of a signature, each with its number in front, so that equal bands of two articles are equal."""
    size = 4 * _ROWS
    return [
        number.to_bytes(1, "little") + of[start : start + size] for number, start in enumerate(range(0, len(of), size))
    ]


def shared(one: bytes, other: bytes) -> float:
    """The estimated share of runs that two texts have in common, 0 to 1."""
    equal = sum(one[start : start + 4] == other[start : start + 4] for start in range(0, len(one), 4))
    return equal / _PERMUTATIONS
