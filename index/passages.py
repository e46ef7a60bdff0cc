"""Groups the sentences of an article into passages, the units that are retrieved."""

from collections.abc import Sequence

from index.types import Passage, Sentence


def make_passages(sentences: Sequence[Sentence], lengths: Sequence[int], *, aim: int, overlap: int) -> list[Passage]:
    """Cut one article's sentences into runs of at most `aim` tokens that overlap by at most `overlap` tokens.

    `lengths` holds the tokens of each sentence. A sentence is never cut: one that is longer than `aim` is a passage
    of its own, of which the embedding model reads the beginning. No sentences give no passages.
    """
    passages: list[Passage] = []
    first = 0
    while first < len(sentences):
        last = first
        total = lengths[first]
        while last + 1 < len(sentences) and total + lengths[last + 1] <= aim:
            last += 1
            total += lengths[last]
        run = tuple(sentences[first : last + 1])
        passages.append(Passage(run[0].article_id, run[0].start, run[-1].end, run))
        if last + 1 == len(sentences):
            break
        following = last + 1
        repeated = 0
        room = min(overlap, aim - lengths[last + 1])  # a passage says something new
        while following - 1 > first and repeated + lengths[following - 1] <= room:
            following -= 1
            repeated += lengths[following]
        first = following
    return passages
