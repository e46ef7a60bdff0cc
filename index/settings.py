"""The few knobs of the index, each with its unit and default."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """How articles are cut, embedded and found; measured values, see README."""

    passage_tokens: int = 260  # a passage's aim, in tokens of the embedding model; its window caps it
    overlap_tokens: int = 50  # how much of a passage its successor repeats, in whole sentences
    embed_batch: int = 32  # passages embedded at once
    commit_articles: int = 32  # articles a transaction
    candidates: int = 100  # passages that each retriever proposes before their scores are joined
    vector_weight: float = 0.7  # share of the cosine in the joined score; BM25 has the rest
    passages_of_article: int = 5  # of one article, before those of others that were found; repeating fills no list
    exact_limit: int = 100_000  # passages up to which FAISS compares with every vector
    snapshot_lag: float = 0.05  # share of passages that may be missing from the FAISS file before it is written anew


DEFAULTS = Settings()
